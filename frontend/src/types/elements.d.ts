// What @shopify/polaris-types leaves out for React: the app's navigation, and one for its home.
import 'react';

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      's-app-nav': { children?: React.ReactNode };
    }
  }
}
