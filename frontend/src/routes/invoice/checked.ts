// What a check found and what it expects, as a person writes it: money, days and words, not raw values.
import { useTranslation } from 'react-i18next';
import type { InvoiceFinding } from '../../api/types';
import { useFormat } from '../../ui/format';

const MOMENT = /\d{4}-\d\d-\d\dT[\d:.]+(?:[+-]\d\d:\d\d|Z)/g;
const IN_MONEY = ['cost', 'amount', 'total', 'tax_total'];
const IS_NUMBER = /^-?\d+(\.\d+)?$/;

export function useChecked(currency: string | undefined) {
  const { t } = useTranslation();
  const { cost, number, time } = useFormat();
  const money = (amount: string) => (currency ? cost({ amount, currency }) : amount);
  return (row: InvoiceFinding, value: string | null) => {
    if (value === null) return '–';
    const isExpected = value === row.expected;
    const name = row.field.split('.').at(-1) ?? '';
    if (isExpected && row.rule === 'unit_differs')
      return t('invoices.checked.cases', { size: value });
    if (isExpected && row.rule === 'several_orders') return t('invoices.checked.oneOrder');
    if (row.rule === 'several_orders')
      return t('invoices.checked.orders', { count: Number(value) });
    if (row.rule === 'sold_by_weight') return t('invoices.checked.weight', { unit: value });
    if (row.rule === 'charges_agreed') {
      const [type = '', amount = ''] = value.split(' ');
      return `${t(`invoices.charges.types.${type}`, { defaultValue: type })} ${money(amount)}`;
    }
    if (isExpected && name === 'country') return t('invoices.checked.country');
    if (isExpected && name === 'tax_registration_number') return t('invoices.checked.gstin');
    if (isExpected && name === 'hsn_code') return t('invoices.checked.hsn');
    if (isExpected && name === 'reference_number') return t('invoices.checked.irn');
    if (IN_MONEY.includes(name) && IS_NUMBER.test(value)) return money(value);
    if (name === 'units' && IS_NUMBER.test(value)) {
      const units = number(Number(value));
      if (!isExpected) return units;
      return t(row.rule === 'quantity' ? 'invoices.checked.atLeast' : 'invoices.checked.atMost', {
        units,
      });
    }
    return value.replace(MOMENT, (moment) => time(moment));
  };
}
