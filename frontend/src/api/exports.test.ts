import { expect, test } from 'vitest';
import { exportAddress, scheduleAddress } from './exports';

test('an export asks for the rows of the list with its filters, and for all of them', () => {
  const asked = {
    path: '/reconciliation/invoices',
    query: { state: 'unpaid', unexplained: '', limit: 10, vendor_code: null },
  };
  expect(exportAddress(asked, 'csv')).toBe(
    '/exports/reconciliation-invoices?state=unpaid&format=csv',
  );
});

test('movements are those of the item on the screen', () => {
  const asked = { path: '/items/12/movements', query: { state: 'reserved' } };
  expect(exportAddress(asked, 'xlsx')).toBe(
    '/exports/movements?state=reserved&item_id=12&format=xlsx',
  );
});

test('a schedule is begun with the table and its filters', () => {
  const asked = { path: '/discrepancies', query: { kind: 'underpaid', owner: '' } };
  expect(scheduleAddress(asked)).toBe('/exports?kind=underpaid&table=discrepancies');
});
