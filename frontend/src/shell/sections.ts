// The screens in four groups. The admin's own navigation has one level and lists the groups; within a
// group its screens are listed on the page.

interface Link {
  to: string;
  word: string;
}
export interface Section extends Link {
  links: readonly Link[];
}

export const SECTIONS = [
  {
    to: '/stock',
    word: 'stock',
    links: [
      { to: '/stock', word: 'stock' },
      { to: '/collisions', word: 'collisions' },
      { to: '/arrivals', word: 'arrivals' },
      { to: '/discrepancies/counts', word: 'counts' },
      { to: '/policies', word: 'policies' },
    ],
  },
  {
    to: '/purchase-orders',
    word: 'amazon',
    links: [
      { to: '/purchase-orders', word: 'purchaseOrders' },
      { to: '/purchase-orders/windows', word: 'windows' },
      { to: '/shipments', word: 'shipments' },
      { to: '/receipts', word: 'receipts' },
      { to: '/unmapped-products', word: 'unmapped' },
      { to: '/purchase-orders/files', word: 'files' },
      { to: '/reports', word: 'reports' },
    ],
  },
  {
    to: '/reconciliation',
    word: 'money',
    links: [
      { to: '/reconciliation', word: 'reconciliation' },
      { to: '/discrepancies', word: 'discrepancies' },
      { to: '/invoices', word: 'invoices' },
      { to: '/invoices/payments', word: 'payments' },
      { to: '/deductions', word: 'deductions' },
      { to: '/disputes', word: 'disputes' },
      { to: '/cash', word: 'cash' },
      { to: '/journals', word: 'journals' },
    ],
  },
  {
    to: '/settings',
    word: 'settings',
    links: [
      { to: '/settings', word: 'settings' },
      { to: '/alerts', word: 'alerts' },
      { to: '/exports', word: 'exports' },
      { to: '/activity', word: 'activity' },
    ],
  },
] as const satisfies readonly Section[];

/** The group that an address belongs to, and which of its screens; Home belongs to none. */
export function whereabouts(path: string) {
  const all = SECTIONS.flatMap((section) => section.links.map((link) => ({ section, link })));
  return all
    .filter(({ link }) => path === link.to || path.startsWith(`${link.to}/`))
    .sort((one, other) => other.link.to.length - one.link.to.length)[0];
}
