// Alerts: whom to tell of what, and what has been told.
import type { Money } from './types';

export interface AlertAddress {
  id: number;
  name: string;
  kind: string;
  hint: string;
  language: string;
  rhythm: string;
  hour: number;
  weekday: number;
  next_digest_at: string | null;
  newest: {
    message_id: number;
    state: string;
    attempts: number;
    error: string | null;
    finished_at: string | null;
  } | null;
}

export interface AlertRule {
  id: number;
  address_id: number;
  kind: string;
  at_least: Money | null;
  days: number | null;
  standing: number;
}

export interface AlertKind {
  name: string;
  takes_amount: boolean;
  days: number | null;
}

export interface Alerts {
  addresses: AlertAddress[];
  rules: AlertRule[];
  kinds: AlertKind[];
  others: string[];
  mail_is_set: boolean;
}

export interface Alert {
  id: number;
  kind: string;
  text: string;
  path: string;
  address: string;
  noticed_at: string;
  over_at: string | null;
  told_at: string | null;
  message_id: number | null;
  message_state: string | null;
  message_error: string | null;
}
