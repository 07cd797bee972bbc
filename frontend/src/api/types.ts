// The shapes of the HTTP API (openapi.json), by hand in this one file.
import type { InvoicePayment } from './payments';

import type { ShipmentSummary } from './shipping';

export type State =
  | 'available'
  | 'committed'
  | 'reserved'
  | 'safety_stock'
  | 'damaged'
  | 'quality_control'
  | 'incoming'
  | 'supplier'
  | 'customer'
  | 'amazon_transit'
  | 'amazon'
  | 'adjustment';

export interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
}
export interface Money {
  amount: string;
  currency: string;
}
export interface Place {
  id: number;
  name: string;
}
export interface Paper {
  kind: string;
  reference: string;
  title: string;
}
export interface ItemBrief {
  id: number;
  sku: string;
  title: string;
  image_url: string | null;
}
export interface Balance {
  location: Place;
  state: State;
  quantity: number;
}
export interface Item extends ItemBrief {
  asin: string | null;
  barcode: string | null;
  units_per_case: number;
  unit_cost: Money | null;
  price: Money | null;
  tracked: boolean;
  totals: Record<State, number>;
  on_hand: number;
  in_collision: boolean;
  balances: Balance[];
}
export interface ItemDetail extends Item {
  as_of: string | null;
  aliases: { kind: string; value: string }[];
  counts: (Balance & { observed_at: string; source: string })[];
}
export interface MovementSide {
  location: Place;
  state: State;
  balance_after: number;
}
export interface Movement {
  id: string;
  quantity: number;
  reason: string;
  occurred_at: string;
  recorded_at: string;
  line: string | null;
  echo: boolean;
  actor: string;
  from: MovementSide;
  to: MovementSide;
  document: Paper;
  message_id: number | null;
}
export interface Way {
  way: string;
  units: number;
  ends_it: boolean;
  recommended: boolean;
  because: string | null;
  until: string | null;
  parameters: Record<string, string | number>;
  effects: { rail: string; units: number; document: Paper | null }[];
  stakes: Stake[];
  loses: Money | null;
}
/** What a way costs one rail; without money, `missing` says what is not known. */
export interface Stake {
  rail: string;
  reason: string;
  money: Money | null;
  missing: string | null;
  verified: boolean;
  document: Paper | null;
}
export interface Projection {
  location: Place;
  free: number;
  changes: {
    day: string;
    kind: 'promise' | 'arrival';
    units: number;
    free_after: number;
    document: Paper;
    line: string;
  }[];
}
export interface Projections {
  data: Projection[];
  incoming: { location: Place; quantity: number }[];
}
export interface Arrival {
  id: number;
  source: string;
  reference: string;
  document: Paper;
  item: ItemBrief;
  location: Place;
  units: number;
  /** Null: announced without a day, so nothing is built on it. */
  expected_on: string | null;
  overdue: boolean;
  stated_by: string;
  stated_at: string;
  ended_at: string | null;
  matches: {
    id: number;
    document: Paper;
    units: number;
    expected_on: string | null;
    fits: boolean;
  }[];
  replaced_by: string | null;
}
/** The way taken as it was offered then; amounts are kept as they were shown. */
export interface Offered {
  way: string;
  units: number;
  parameters: Record<string, string | number>;
  effects: { rail: string; units: number; document: Paper | null }[];
  stakes: {
    rail: string;
    reason: string;
    amount: string | null;
    currency: string | null;
    missing: string | null;
    verified: boolean;
  }[];
}
/** A way that is not open now, and why. */
export interface Barred {
  way: string;
  document: Paper;
  line: string;
  because:
    | 'no_backorders'
    | 'too_late'
    | 'under_way'
    | 'not_taken'
    | 'nothing_left'
    | 'nothing_arrives';
  since: string | null;
}
export interface Collision {
  id: number;
  kind: 'oversold' | 'short' | 'coming';
  status: 'open' | 'ended';
  item: ItemBrief;
  location: Place;
  units: number;
  due_on: string | null;
  opened_at: string;
  ended_at: string | null;
  claimants: {
    rail: string;
    document: Paper;
    line: string;
    wanted: number;
    held: number;
    short: number;
    by: string | null;
    fact: boolean;
    firm: boolean;
  }[];
  ways: Way[];
  barred: Barred[];
  projection: Projection | null;
  outcome: {
    offered: Offered | null;
    movements: Movement[];
    opened_again: { id: number; opened_at: string } | null;
  } | null;
  ended_by: string | null;
  way_taken: string | null;
  note: string | null;
}
export interface Window {
  start: string;
  end: string;
}
export interface Units {
  ordered: number;
  held: number;
  short: number;
  accepted: number;
  backordered: number;
  rejected: number;
  shipped: number;
  received: number;
}
export interface PurchaseOrderSummary {
  number: string;
  region: string;
  payment_method: string | null;
  vendor_code: string;
  state: 'New' | 'Acknowledged' | 'Closed';
  type: string | null;
  ordered_at: string;
  ship_window: Window | null;
  delivery_window: Window | null;
  ship_to: string;
  line_count: number;
  units: Units;
  cost: Money | null;
  cost_unknown: UnknownCost | null;
  acknowledge_by: string | null;
  acknowledgement: {
    state: string;
    waits_for_a_person: boolean;
    sent_at: string | null;
    error: string | null;
  } | null;
  version: number;
}
export interface PurchaseOrderLine {
  line: string;
  item: ItemBrief | null;
  asin: string | null;
  vendor_sku: string | null;
  ordered: { amount: number; unit: 'Cases' | 'Eaches'; unit_size: number };
  ordered_units: number;
  cost: Money | null;
  agreed_cost: { agreed_cost_id: number; cost: Money; starts_on: string } | null;
  cost_unknown: UnknownCost | null;
  back_order_allowed: boolean;
  held: number;
  short: number;
  accepted: number;
  backordered: number;
  rejected: number;
  shipped: number;
  shipped_as_received: boolean;
  received: number;
  proposal: {
    accept: number;
    backorder: number;
    reject: number;
    rejection_reason: string | null;
    because: string;
    withheld: { units: number; because: string; value: number | null } | null;
    backorder_on: string | null;
  };
}
export interface PurchaseOrder extends PurchaseOrderSummary {
  may_answer: boolean;
  changes_until: string;
  added: number;
  lines: PurchaseOrderLine[];
  versions: {
    version: number;
    seen_at: string;
    changes: { line: string | null; field: string; before: string | null; after: string | null }[];
  }[];
  acknowledgements: {
    id: number;
    message_id: number | null;
    sent_at: string | null;
    by: string;
    state: string;
    waits_for_a_person: boolean;
    handed_over_how: 'hand' | 'file' | null;
    handed_over_by: string | null;
  }[];
  shipments: {
    identifier: string;
    shipped_at: string | null;
    location: Place;
    units: number;
    state: string;
  }[];
}
export interface UnmappedProduct {
  asin: string | null;
  vendor_sku: string | null;
  units: number;
  since: string;
  orders: { region: string; number: string }[];
  suggestions: { item: ItemBrief; reason: 'known_identifier' | 'same_barcode' | 'same_sku' }[];
}
export interface Message {
  id: number;
  direction: 'in' | 'out';
  channel: string;
  topic: string;
  state: 'waiting' | 'done' | 'dead' | 'ignored';
  reference: string | null;
  attempts: number;
  error: string | null;
  notes: { code: string; line: string | null; detail: string | null }[];
  received_at: string;
  finished_at: string | null;
  due_at: string;
}
export interface MessageDetail extends Message {
  request: unknown;
  response: unknown;
  history: { at: string; outcome: string; error: string | null }[];
}
export interface Connection {
  id: number;
  channel: 'shopify' | 'amazon';
  name: string;
  region: string | null;
  state: 'connected' | 'reopen_needed' | 'reauthorise' | 'disconnected' | 'by_file';
  last_good_at: string | null;
  error: string | null;
  details: { marketplace?: string };
  optional: OptionalAccess[];
}
/** What the merchant may grant beside what the app needs. */
export interface OptionalAccess {
  name: 'transfers' | 'history';
  scopes: string[];
  granted: boolean;
}
export type CapabilityName =
  | 'orders'
  | 'status'
  | 'shipments'
  | 'transactions'
  | 'invoices'
  | 'finance_invoices'
  | 'remittances'
  | 'reports';
export interface ConnectionWarning {
  kind: 'consent_ends' | 'secret_ends' | 'role_missing';
  connection_id: number | null;
  connection_name: string | null;
  by: string | null;
  capability: CapabilityName | null;
  is_critical: boolean;
}
export interface Capability {
  name: CapabilityName;
  state:
    | 'good'
    | 'role_missing'
    | 'consent_ended'
    | 'failing'
    | 'unasked'
    | 'throttled'
    | 'disturbed'
    | 'secret_refused';
  asked_at: string | null;
  last_good_at: string | null;
  said: string | null;
  roles: string[];
  roles_published: boolean;
}
export interface Coverage {
  seen_from: string;
  seen_to: string;
  goal_from: string;
  back_filled: number;
  orders: number;
  unreadable: number;
  gaps: { start: string; end: string }[];
}
export interface ConnectionDetail {
  connection: Connection;
  consent_ends_at: string | null;
  capabilities: Capability[];
  coverage: Coverage | null;
  warnings: ConnectionWarning[];
}
/** Why it is not known what Amazon pays for an each. */
export type UnknownCost = 'cost_basis' | 'not_stated' | 'by_weight';
export interface ReceiptLine {
  region: string;
  number: string;
  line: string;
  item: ItemBrief | null;
  asin: string | null;
  vendor_sku: string | null;
  order_state: string;
  state: 'on_its_way' | 'searched' | 'short' | 'over' | 'disagree';
  left_at: string;
  searched_until: string;
  shipped: number;
  received: number;
  status_read_at: string | null;
  matched: number | null;
  matched_at: string | null;
  missing: number;
  value: Money | null;
  vendor_code: string;
  cost_unknown: UnknownCost | null;
  reported: ReportedReceipts | null;
  not_reported: 'no_asin' | 'marketplace' | 'no_report' | 'not_named' | null;
}
/** A line's product by Amazon's inventory reports and by all orders' statuses, of the same weeks. */
export interface ReportedReceipts {
  marketplace: string;
  starts_on: string;
  ends_on: string;
  weeks: number;
  gaps: number;
  units: number;
  by_status: number;
  says: 'more' | 'fewer' | 'same';
  read_at: string;
  report_id: number;
}
export interface UnitPlaces {
  open: number;
  held: number;
  shipped: number;
  received: number;
  short: number;
  rejected: number;
  cancelled: number;
  over: number;
}
export interface OrderPlaces {
  units: UnitPlaces;
  lines: (UnitPlaces & { line: string })[];
}
export interface OrderWindow {
  number: string;
  region: string;
  vendor_code: string;
  ship_to: string;
  kind: 'ship' | 'delivery';
  start: string;
  end: string;
  ordered: number;
  left: number;
  short: number;
  risk: 'late' | 'unanswered' | 'unmapped' | 'short' | 'soon' | 'none';
}
export interface Session {
  shop: { domain: string; name: string; currency: string; time_zone: string };
  user_id: string;
  locale: string | null;
  edition: 'public' | 'custom';
  staff: Record<string, string>;
}
export interface Home {
  setup: {
    step: 'shopify_connected' | 'catalog_imported' | 'amazon_connected' | 'first_purchase_order';
    done: boolean;
  }[];
  catalog_import: {
    state: string;
    items: number;
    total: number | null;
    error: string | null;
  } | null;
  units: Record<string, number>;
  collisions_open: number;
  shipments_without_notice: ShipmentSummary[];
  purchase_orders_to_acknowledge: {
    region: string;
    number: string;
    acknowledge_by: string | null;
    ship_to: string;
    units: { ordered: number; held: number; short: number };
  }[];
  messages: { waiting: number; dead: number; oldest_waiting_seconds: number };
  audit: { ran_at: string | null; findings: number };
  connections: Connection[];
  connection_warnings: ConnectionWarning[];
}
export interface Counts {
  under_way: boolean;
  finished_at: string | null;
  next_at: string | null;
  error: string | null;
  history_readable: boolean;
}
export interface ShopPreferences {
  adopt_differences: 'never' | 'person' | 'all';
  exit_email: string | null;
}
export interface Exit {
  leaving_at: string | null;
  held_units: number;
  held_for_others: number;
  waiting: number;
  dead: number;
  connected: boolean;
  done: boolean;
}
export interface Kit {
  item: ItemBrief;
  parts: { item: ItemBrief; units: number }[];
}

export interface Terms {
  safety_stock: number | null;
  amazon_share: number | null;
  amazon_ceiling: number | null;
  precedence: string | null;
  take_back: boolean | null;
  whole_cases: boolean | null;
}
export interface Group {
  id: number;
  name: string;
  items: ItemBrief[];
}
export type Scope = 'everything' | 'group' | 'item';
export interface Policy {
  scope: Scope;
  item: ItemBrief | null;
  group: { id: number; name: string } | null;
  location: { id: number; name: string } | null;
  terms: Terms;
}
export interface Policies {
  policies: Policy[];
  groups: Group[];
  defaults: Terms;
  following: boolean;
}
export interface Effective {
  item: ItemBrief;
  group: { id: number; name: string } | null;
  fields: Record<
    keyof Terms,
    {
      value: number | boolean | string | null;
      source: { scope: Scope | 'default'; name: string; location: string };
    }
  >;
  own: Terms;
}
export interface PolicyChange {
  id: number;
  made_at: string;
  by: string;
  subject: 'policy' | 'group';
  scope: Scope;
  name: string;
  location: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  settled_at: string | null;
}
export interface Replayed {
  oversells: number;
  oversold_units: number;
  asked: number;
  granted: number;
  refused: number;
  hours_in_collision: number;
  dates: string[];
}
export interface Past {
  state: 'none' | 'reading' | 'whole' | 'failed';
  since: string | null;
  is_limited: boolean;
  sees_deliveries: boolean;
  orders: number;
  requests: number;
  unknown_lines: number;
}
export interface Preview {
  begins: string;
  ends: string;
  history_since: string | null;
  events: number;
  orders: number;
  requests: number;
  past: Past;
  current: Replayed;
  proposed: Replayed;
  items: { item: ItemBrief; current: Replayed; proposed: Replayed }[];
  differing: number;
}
export interface InvoiceSummary {
  id: number;
  type: 'Invoice' | 'CreditNote';
  number: string | null;
  region: string;
  vendor_code: string;
  state: string;
  waits_for_a_person: boolean;
  next_action: string | null;
  source: string;
  orders: string[];
  units: number;
  total: Money | null;
  made_at: string;
  dated_at: string | null;
  sent_at: string | null;
  landed_at: string | null;
  due_at: string | null;
  amazon_status: string | null;
  amazon_total: Money | null;
  differs: boolean;
  error: string | null;
  error_field: string | null;
}
export interface InvoiceLine {
  number: string;
  line: string;
  item: ItemBrief | null;
  asin: string | null;
  vendor_sku: string | null;
  units: number;
  case_size: number;
  cost: Money | null;
  ordered_cost: Money | null;
  amount: Money | null;
  tax_rate: string | null;
  said_tax_rate: string | null;
  hsn_code: string | null;
  tax: Money | null;
  accepted: number;
  shipped: number;
  received: number;
  invoiced_before: number;
  amazon_units: number | null;
  amazon_amount: Money | null;
  matched_units: number | null;
}
export interface InvoiceFinding {
  rule: string;
  severity: 'block' | 'warn';
  field: string;
  value: string | null;
  expected: string | null;
  source: string;
  since: string;
}
export interface Invoice extends InvoiceSummary {
  made_by: string;
  times_sent: number;
  transaction_id: string | null;
  message_id: number | null;
  handed_over_how: 'hand' | 'file' | null;
  handed_over_by: string | null;
  replaces: number | null;
  credit: Record<string, string | number> | null;
  items_total: Money | null;
  charges: {
    type: string;
    is_allowance: boolean;
    description: string | null;
    amount: Money;
    tax: Money;
  }[];
  charges_total: Money | null;
  reference_number: string | null;
  tax_total: Money | null;
  totals_if: { each: Money; case: Money } | null;
  lines: InvoiceLine[];
  findings: InvoiceFinding[];
  forecast: {
    asked: Money;
    expected: Money;
    short: { line: number; reason: string; units: number; amount: Money }[];
  } | null;
  differences: {
    field: string;
    line: number | null;
    sent: string | null;
    landed: string | null;
  }[];
  payments: InvoicePayment[];
  can: string[];
}
export type Party = Record<string, string | null>;
export interface VendorCode {
  region: string;
  code: string;
  marketplace: string | null;
  payee_code: string | null;
  cost_basis: string | null;
  tax_in_total: boolean | null;
  tax_treatment: string | null;
  tax_registration_number: string | null;
  remit_to: Party | null;
  bill_to: Party | null;
  terms: { type: string; net_days: number } | null;
  number_prefix: string;
  next_number: number;
  draft_from: string;
  missing: string[];
}
