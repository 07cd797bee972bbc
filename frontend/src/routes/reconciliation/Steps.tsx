// The waterfall: totals and the differences between them; each opens into its lines.
import { useTranslation } from 'react-i18next';
import type { CurrencyWaterfall, Waterfall, WaterfallStep } from '../../api/reconciliation';
import { Button, Card, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Export, Table } from '../../ui/patterns';

interface Opens {
  filters: Record<'vendor_code' | 'from_day' | 'to_day', string>;
  onStep: (step: string, currency: string | null) => void;
}

export function Steps({ waterfall, filters, onStep }: { waterfall: Waterfall } & Opens) {
  return (
    <>
      {waterfall.data.map((one) => (
        <OneCurrency key={one.currency ?? ''} found={one} filters={filters} onStep={onStep} />
      ))}
    </>
  );
}

function OneCurrency({ found, filters, onStep }: { found: CurrencyWaterfall } & Opens) {
  const { t } = useTranslation();
  const { number, money } = useFormat();
  const heading = t('reconciliation.waterfall', {
    currency: found.currency ?? t('reconciliation.noCurrency'),
  });
  // A difference that nobody has is no news; a total always stands.
  const rows = found.steps.filter((one) => one.is_total || one.lines > 0);
  return (
    <Card flush heading={heading}>
      {found.unpriced > 0 && (
        <p className="subdued padded">
          {t('reconciliation.unpriced', { count: found.unpriced, shown: number(found.unpriced) })}
        </p>
      )}
      {found.unexplained && (
        <p className="padded">
          {t('reconciliation.unexplained', {
            amount: money(found.unexplained),
            count: found.unexplained_invoices,
          })}{' '}
          <To to="/reconciliation/invoices?unexplained=true">{t('reconciliation.show')}</To>
        </p>
      )}
      {found.unplaced && (
        <p className="padded">
          {t('reconciliation.unplaced', {
            amount: money(found.unplaced),
            count: found.unplaced_invoices,
          })}{' '}
          <To to="/reconciliation/invoices?unplaced=true">{t('reconciliation.show')}</To>
        </p>
      )}
      <Table<WaterfallStep>
        label={heading}
        rows={rows}
        rowKey={(one) => one.step}
        columns={[
          {
            key: 'step',
            label: t('reconciliation.step'),
            show: (one) =>
              one.is_total ? (
                <strong>{t(`reconciliation.steps.${one.step}`)}</strong>
              ) : (
                <span className="subdued">{t(`reconciliation.steps.${one.step}`)}</span>
              ),
          },
          {
            key: 'units',
            label: t('reconciliation.units'),
            number: true,
            show: (one) => number(one.units),
          },
          {
            key: 'amount',
            label: t('reconciliation.amount'),
            number: true,
            show: (one) => money(one.amount),
          },
          {
            key: 'lines',
            label: t('reconciliation.linesBehind'),
            number: true,
            show: (one) =>
              one.lines === 0 ? (
                number(0)
              ) : (
                <Button onClick={() => onStep(one.step, found.currency)}>
                  {number(one.lines)}
                </Button>
              ),
          },
        ]}
      />
      <div className="footer">
        <Export
          asked={{
            path: '/reconciliation/waterfall',
            query: { ...filters, currency: found.currency },
          }}
        />
      </div>
    </Card>
  );
}
