"""What exports of Vendor Central say of claims: chargebacks, returns and disputes, beside deductions."""
