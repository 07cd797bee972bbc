// Answer rules on the wire.
export interface AnswerRule {
  name: string;
  active: boolean;
  vendor_code: string | null;
  order_type: string | null;
  cost: 'any' | 'not_lower' | 'as_agreed';
  cost_tolerance_percent: number;
  least_held_percent: number;
  most_units: number | null;
  answer: 'in_full' | 'as_held' | 'ask';
}
export interface AnswerRules {
  version: number;
  rules: AnswerRule[];
  history: { version: number; made_at: string; made_by: string; rules: AnswerRule[] }[];
}
export interface TriedOrder {
  number: string;
  region: string;
  ordered_at: string;
  rule: string | null;
  answer: AnswerRule['answer'];
  because: 'rule' | 'no_rule' | 'unmapped' | 'nothing_held';
  ordered: number;
  accept: number;
  reject: number;
  accepted_then: number;
  backordered_then: number;
  rejected_then: number;
  differs: boolean;
}
export interface Trial {
  since: string;
  orders: TriedOrder[];
  answers: Partial<Record<AnswerRule['answer'], number>>;
  by_rule: Record<string, number>;
  differing: number;
}
