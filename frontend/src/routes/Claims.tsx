// Chargebacks, returns and disputes as Vendor Central's exports show them, each with what it is of.
import { useTranslation } from 'react-i18next';
import { CLAIM_KINDS, type Claim } from '../api/claims';
import { usePages } from '../api/queries';
import { useFilters } from '../shell/filters';
import { Badge, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Listed, Narrow, Table } from '../ui/patterns';
import { orderPath } from './orderPath';

export default function Claims() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(['kind']);
  const query = usePages<Claim>('/claims', { kind: filters.kind });
  return (
    <Page
      heading={t('claims.title')}
      back={{ to: '/deductions', label: t('deductions.title') }}
      action={<To to="/purchase-orders/files?kind=chargebacks">{t('claims.bring')}</To>}
    >
      <Card flush>
        <p className="subdued padded">{t('claims.what')}</p>
        <div className="filters padded">
          <Narrow
            label={t('deductions.kind')}
            value={filters.kind}
            values={CLAIM_KINDS}
            word={(one) => t(`claims.kinds.${one}`)}
            onChange={(kind) => change({ kind })}
          />
        </div>
        <Listed query={query} empty={t('claims.empty')}>
          {(rows) => <ClaimTable rows={rows} />}
        </Listed>
      </Card>
    </Page>
  );
}

export function ClaimTable({ rows }: { rows: Claim[] }) {
  const { t } = useTranslation();
  const { money, number, day } = useFormat();
  return (
    <Table
      label={t('claims.title')}
      rows={rows}
      rowKey={(row) => `${row.region} ${row.kind} ${row.number} ${row.part}`}
      columns={[
        {
          key: 'number',
          label: t('claims.number'),
          show: (row) => (
            <>
              {t(`claims.kinds.${row.kind}`)}{' '}
              <To to={`/purchase-orders/files/${row.import_id}`}>{row.number}</To>
              {(row.type || row.subtype) && (
                <div className="subdued">{[row.type, row.subtype].filter(Boolean).join(' · ')}</div>
              )}
            </>
          ),
        },
        {
          key: 'status',
          label: t('orders.state'),
          show: (row) =>
            row.status ? (
              <Badge tone={row.is_resolved ? 'neutral' : 'info'}>{row.status}</Badge>
            ) : (
              '–'
            ),
        },
        { key: 'of', label: t('claims.of'), show: (row) => <Of claim={row} /> },
        {
          key: 'units',
          label: t('orders.units'),
          number: true,
          show: (row) => (row.units === null ? '–' : number(row.units)),
        },
        {
          key: 'amount',
          label: t('payments.amount'),
          number: true,
          show: (row) => money(row.amount),
        },
        {
          key: 'approved',
          label: t('claims.approved'),
          number: true,
          show: (row) => money(row.approved),
        },
        {
          key: 'by',
          label: t('claims.disputeBy'),
          show: (row) => (row.dispute_by ? day(row.dispute_by) : '–'),
        },
      ]}
    />
  );
}

function Of({ claim }: { claim: Claim }) {
  const { t } = useTranslation();
  const address = (claim.deduction ?? '').split('/').map(encodeURIComponent).join('/');
  return (
    <>
      {claim.deduction ? (
        <To to={`/deductions/${claim.region}/${claim.deduction_kind}/${claim.currency}/${address}`}>
          {claim.deduction}
        </To>
      ) : (
        <>
          {claim.invoice_number ?? '–'} <span className="subdued">{t('claims.notPaid')}</span>
        </>
      )}
      {claim.purchase_order && (
        <div>
          <To to={orderPath(claim.purchase_order, claim.region)}>{claim.purchase_order}</To>
        </div>
      )}
      {claim.dispute_id !== null && (
        <div>
          <To to={`/disputes/${claim.dispute_id}`}>{t('claims.dispute')}</To>
        </div>
      )}
    </>
  );
}
