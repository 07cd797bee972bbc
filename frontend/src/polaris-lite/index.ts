// Our own stand-ins for Shopify's Polaris elements: for the demo, tests, and a CDN that fails.
import { define, type Lite } from './base';
import {
  Button,
  Checkbox,
  Link,
  NumberField,
  Option,
  SearchField,
  Select,
  TextField,
} from './controls';
import { Badge, Banner, Page, Section, Spinner } from './layout';

export const ELEMENTS: Record<string, typeof Lite> = {
  's-page': Page,
  's-section': Section,
  's-banner': Banner,
  's-badge': Badge,
  's-spinner': Spinner,
  's-button': Button,
  's-link': Link,
  's-text-field': TextField,
  's-search-field': SearchField,
  's-number-field': NumberField,
  's-select': Select,
  's-option': Option,
  's-checkbox': Checkbox,
} as unknown as Record<string, typeof Lite>;

for (const [tag, kind] of Object.entries(ELEMENTS)) define(tag, kind);
