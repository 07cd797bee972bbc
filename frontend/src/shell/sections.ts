// The screens in four groups. The admin's own navigation has one level and lists the groups; within a
// group its screens are listed on the page.

interface Link {
  to: string;
  word: string;
  /** Screens that are reached from this one alone. */
  also?: readonly string[];
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
      { to: '/disputes', word: 'disputes', also: ['/evidence'] },
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
  const all = (SECTIONS as readonly Section[]).flatMap((section) =>
    section.links.flatMap((link) =>
      [link.to, ...(link.also ?? [])].map((begins) => ({ section, link, begins })),
    ),
  );
  return all
    .filter(({ begins }) => path === begins || path.startsWith(`${begins}/`))
    .sort((one, other) => other.begins.length - one.begins.length)[0];
}

/**
 * The groups as the admin links to them. It lights the link that the address begins with, so the group
 * that somebody is in links to its screen that is open, and the others to their first.
 */
export function groupLinks(path: string): { to: string; word: string }[] {
  const here = whereabouts(path);
  return (SECTIONS as readonly Section[]).map((section) => ({
    to: here?.section === section ? here.begins : section.to,
    word: section.word,
  }));
}
