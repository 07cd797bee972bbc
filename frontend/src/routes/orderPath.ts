// Where a purchase order's screen is: two regions may have an order of the same number.
export function orderPath(number: string, region?: string | null): string {
  const path = `/purchase-orders/${encodeURIComponent(number)}`;
  return region ? `${path}?region=${region}` : path;
}
