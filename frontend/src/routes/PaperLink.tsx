// A paper by its trade name, leading to where it can be read.
import { useTranslation } from 'react-i18next';
import type { Paper } from '../api/types';
import { To } from '../ui/elements';
import { orderPath } from './orderPath';

/** An order's reference is its region and its number. */
function pathOf(reference: string) {
  const [number = reference, region] = reference.split(':').reverse();
  return orderPath(number, region);
}

/** A paper by its trade name; a purchase order opens its screen, an order and a transfer open in the admin. */
export function PaperLink({ paper }: { paper: Paper }) {
  const { t } = useTranslation();
  const name = paper.title || `${t(`documents.${paper.kind}`)} ${paper.reference}`;
  if (paper.kind === 'purchase_order') return <To to={pathOf(paper.reference)}>{name}</To>;
  if (paper.kind === 'shopify_order')
    return (
      <a href={`shopify:admin/orders/${paper.reference}`} target="_top">
        {name}
      </a>
    );
  if (paper.kind === 'shopify_transfer')
    return (
      <a href={`shopify:admin/products/transfers/${paper.reference.split(':')[0]}`} target="_top">
        {name}
      </a>
    );
  return <span>{name}</span>;
}
