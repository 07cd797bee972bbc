// Amazon's marketplaces by region, as Vendor Central names them.
export const MARKETPLACES: Record<string, string[]> = {
  na: ['US', 'CA', 'MX', 'BR'],
  eu: ['UK', 'DE', 'FR', 'IT', 'ES', 'NL', 'SE', 'PL', 'BE', 'IE', 'TR', 'AE', 'SA', 'EG', 'IN'],
  fe: ['JP', 'AU', 'SG'],
};

/** Those with a Vendor Central of their own, where consent is given; Ireland's is not known. */
export function withConsent(region: string): string[] {
  return (MARKETPLACES[region] ?? []).filter((one) => one !== 'IE');
}
