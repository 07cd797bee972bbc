// The order's invoices, and one press from what was received to a draft.
import { useTranslation } from 'react-i18next';
import { useResource } from '../../api/queries';
import type { InvoiceSummary, Page, PurchaseOrder } from '../../api/types';
import { Button, Card } from '../../ui/elements';
import { Failure, Loaded } from '../../ui/patterns';
import { InvoiceTable, useDraft } from '../Invoices';

export function Bill({ order }: { order: PurchaseOrder }) {
  const { t } = useTranslation();
  const query = useResource<Page<InvoiceSummary>>('/invoices', { order: order.number }, true);
  const draft = useDraft();
  const sources = [
    ...(order.units.received > 0 ? ['receipts'] : []),
    ...(order.shipments.length > 0 ? ['shipments'] : []),
  ];
  if (order.payment_method === 'Consignment') return null;
  return (
    <Card heading={t('invoices.title')} flush>
      {draft.error && <Failure error={draft.error} />}
      <Loaded query={query}>
        {(page) =>
          page.data.length > 0 ? (
            <InvoiceTable rows={page.data} />
          ) : (
            <div className="footer subdued">{t('invoices.noneYet')}</div>
          )
        }
      </Loaded>
      {sources.length > 0 && (
        <div className="footer">
          {sources.map((source) => (
            <Button
              key={source}
              primary={source === 'receipts'}
              busy={draft.isPending && draft.variables.source === source}
              onClick={() =>
                draft.mutate({ region: order.region, numbers: [order.number], source })
              }
            >
              {t(`invoices.draftFrom.${source}`)}
            </Button>
          ))}
        </div>
      )}
    </Card>
  );
}
