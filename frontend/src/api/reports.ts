// What the server says of Amazon's vendor reports.
import type { ItemBrief, Money } from './types';

export interface Report {
  id: number;
  kind: string;
  starts_at: string;
  ends_at: string;
  state: string;
  good_at: string | null;
  rows_kept: number;
  cause: string | null;
}
export interface MissingReport {
  starts_at: string;
  ends_at: string;
  state: string | null;
  cause: string | null;
  cause_code: string | null;
  due_at: string | null;
  next_action: 'wait' | 'grant_role' | 'ask_again' | 'gone';
}
export interface Standing {
  connection: { id: number; name: string };
  marketplace: string;
  kind: string;
  period: 'WEEK' | 'DAY' | 'HOURS' | 'LATEST';
  last_good: Report | null;
  next_at: string;
  under_way: number;
  missing: MissingReport[];
  source: string;
  verified: boolean;
}
export interface AsinSummary {
  asin: string;
  connection_id: number;
  marketplace: string;
  item: ItemBrief | null;
  sold_from: string | null;
  ordered_units: number | null;
  shipped_units: number | null;
  stood_on: string | null;
  sellable_units: number | null;
  open_purchase_order_units: number | null;
  forecast_from: string | null;
  p70: string | null;
  p80: string | null;
  p90: string | null;
}
export interface Week {
  starts_on: string;
  ends_on: string;
  ordered_units: number | null;
  shipped_units: number | null;
  shipped_revenue: Money | null;
  customer_returns: number | null;
  sellable_units: number | null;
  net_received_units: number | null;
  open_purchase_order_units: number | null;
  glance_views: number | null;
  net_pure_product_margin: string | null;
}
export interface Forecast {
  starts_on: string;
  ends_on: string;
  published_on: string;
  mean: string;
  p70: string;
  p80: string;
  p90: string;
  first_published_on: string;
  first_p80: string;
  versions: { published_on: string; p80: string }[];
}
export interface Hour {
  starts_at: string;
  ordered_units: number | null;
  ordered_revenue: Money | null;
  highly_available_units: number | null;
  glance_views: number | null;
}
export interface ReportedPlace {
  connection: { id: number; name: string };
  marketplace: string;
  weeks: Week[];
  forecasts: Forecast[];
  hours: Hour[];
}
export interface ReportedAsin {
  asin: string;
  item: ItemBrief | null;
  places: ReportedPlace[];
}
