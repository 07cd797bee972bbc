import { expect, test } from 'vitest';
import { exportAddress } from './exports';

test('an export asks for the rows of the list with its filters, and for all of them', () => {
  const asked = {
    path: '/reconciliation/invoices',
    query: { state: 'unpaid', unexplained: '', limit: 10, vendor_code: null },
  };
  expect(exportAddress(asked, 'csv')).toBe(
    '/exports/reconciliation-invoices?format=csv&state=unpaid',
  );
});

test('movements are those of the item on the screen', () => {
  const asked = { path: '/items/12/movements', query: { state: 'reserved' } };
  expect(exportAddress(asked, 'xlsx')).toBe(
    '/exports/movements?format=xlsx&state=reserved&item_id=12',
  );
});
