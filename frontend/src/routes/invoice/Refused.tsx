// The field that Amazon refused, by our own word for it and the line it stands in.
import { useTranslation } from 'react-i18next';
import type { Invoice } from '../../api/types';
import { To } from '../../ui/elements';

const BILLED = ['remitToParty', 'billToParty', 'paymentTerms', 'shipFromParty'];

/** Amazon's path, such as items[0].netCost or billToParty/address/city, part by part. */
function partsOf(path: string) {
  return [...path.matchAll(/([A-Za-z]+)(?:\[(\d+)\])?/g)].map((found) => ({
    name: found[1] ?? '',
    index: found[2] === undefined ? undefined : Number(found[2]),
  }));
}

export function Refused({ paper, path }: { paper: Invoice; path: string }) {
  const { t } = useTranslation();
  const parts = partsOf(path);
  const [first] = parts;
  const position = first?.name === 'items' ? first.index : undefined;
  const line = position === undefined ? undefined : paper.lines[position];
  const words = parts
    .filter((one) => one.name !== 'items')
    .map((one) => t(`invoices.amazonFields.${one.name}`, { defaultValue: '' }))
    .filter((word) => word !== '');
  const field = words.join(' · ') || path;
  if (line)
    return (
      <div>
        {t('invoices.refusedLine', {
          field,
          line: line.line,
          item: line.item?.sku ?? line.asin ?? line.vendor_sku,
          order: line.number,
        })}
      </div>
    );
  return (
    <div>
      {t('invoices.refusedField', { field })}{' '}
      {BILLED.includes(first?.name ?? '') && (
        <To to={`/invoices/billing?code=${paper.vendor_code}`}>{t('invoices.billing.title')}</To>
      )}
    </div>
  );
}
