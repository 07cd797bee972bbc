"""The way in: Shopify's webhooks are verified, stored once and answered; a drain handles them later."""
