// The check before sending: each broken rule with its field, its value, what it should be, the fix.
import { useTranslation } from 'react-i18next';
import type { Invoice, InvoiceFinding } from '../../api/types';
import { useSaid } from '../../i18n/useSaid';
import { Badge, Banner, Card, To } from '../../ui/elements';
import { Table } from '../../ui/patterns';
import { useChecked } from './checked';

export function Check({ paper }: { paper: Invoice }) {
  const { t } = useTranslation();
  const said = useSaid();
  const checked = useChecked(currencyOf(paper));
  if (!['draft', 'failed'].includes(paper.state)) return null;
  const blocking = paper.findings.filter((one) => one.severity === 'block').length;
  if (paper.findings.length === 0)
    return <Banner tone="success">{t('invoices.nothingWrong')}</Banner>;
  return (
    <Card
      heading={
        blocking > 0 ? t('invoices.blocked', { count: blocking }) : t('invoices.onlyWarnings')
      }
      flush
    >
      <Table
        label={t('invoices.check')}
        rows={[...new Set(paper.findings.map((one) => one.rule))].map((rule) =>
          paper.findings.filter((one) => one.rule === rule),
        )}
        rowKey={([first]) => first?.rule ?? ''}
        columns={[
          {
            key: 'severity',
            label: t('invoices.severity'),
            show: ([row]) => (
              <Badge tone={row?.severity === 'block' ? 'critical' : 'warning'}>
                {t(`invoices.severities.${row?.severity}`)}
              </Badge>
            ),
          },
          {
            key: 'rule',
            label: t('invoices.rule'),
            show: ([row]) => (
              <>
                <div>{t(`invoices.rules.${row?.rule}`)}</div>
                <div className="subdued">{said(row?.source)}</div>
              </>
            ),
          },
          {
            key: 'field',
            label: t('invoices.field'),
            show: (rows) => rows.map((row) => <Where key={row.field} paper={paper} row={row} />),
          },
          ...(['value', 'expected'] as const).map((key) => ({
            key,
            label: t(key === 'value' ? 'invoices.value' : 'invoices.should'),
            show: (rows: InvoiceFinding[]) =>
              rows.map((row) => <div key={row.field}>{checked(row, row[key])}</div>),
          })),
          {
            key: 'fix',
            label: t('invoices.fix'),
            show: ([row]) => t(`invoices.fixes.${row?.rule}`),
          },
        ]}
      />
    </Card>
  );
}

/** A draft whose costs nobody knows yet has no money to show either. */
const currencyOf = (paper: Invoice) =>
  (paper.items_total ?? paper.lines.find((line) => line.cost)?.cost)?.currency;

function Where({ paper, row }: { paper: Invoice; row: InvoiceFinding }) {
  const { t } = useTranslation();
  if (row.field.startsWith('billing.'))
    return (
      <div>
        <To to={`/invoices/billing?code=${paper.vendor_code}`}>
          {t(`invoices.billing.fields.${row.field.split('.')[1]}`)}
          {row.field.split('.')[2] &&
            ` · ${t(`invoices.billing.fields.${row.field.split('.')[2]}`)}`}
        </To>
      </div>
    );
  const [, index, name] = /^lines\[(\d+)\]\.(\w+)$/.exec(row.field) ?? [];
  const line = index === undefined ? undefined : paper.lines[Number(index)];
  if (!line) return <div>{t(`invoices.fields.${row.field.replace('credit.', '')}`)}</div>;
  return (
    <div>
      {line.number} · {line.item?.sku ?? line.asin} · {t(`invoices.fields.${name}`)}
    </div>
  );
}
