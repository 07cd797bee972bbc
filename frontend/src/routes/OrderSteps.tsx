// The orders that stand at a step, the earliest clock first.
import { useTranslation } from 'react-i18next';
import { usePages } from '../api/queries';
import { type OrderAtStep, STEPS } from '../api/steps';
import { useFilters } from '../shell/filters';
import { Card, Page, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Listed, Table } from '../ui/patterns';
import { orderPath } from './orderPath';
import { StepBadge } from './purchase-order/StepBadge';

const FILTERS = ['step', 'state'] as const;

export default function OrderSteps() {
  const { t } = useTranslation();
  const { date, dayOf } = useFormat();
  const [filters, change] = useFilters(FILTERS);
  const query = usePages<OrderAtStep>('/order-steps', filters, true);
  const all = { value: '', label: t('common.all') };
  return (
    <Page heading={t('steps.where')} back={{ to: '/purchase-orders', label: t('orders.title') }}>
      <Card flush>
        <div className="filters">
          <Select
            label={t('steps.step')}
            value={filters.step}
            onChange={(step) => change({ step })}
            options={[all, ...STEPS.map((one) => ({ value: one, label: t(`steps.names.${one}`) }))]}
          />
          <Select
            label={t('steps.state')}
            value={filters.state}
            onChange={(state) => change({ state })}
            options={[
              all,
              ...(['act', 'late', 'wait', 'ahead'] as const).map((one) => ({
                value: one,
                label: t(`steps.states.${one}`),
              })),
            ]}
          />
        </div>
        <Listed query={query} empty={t('steps.noMatch')}>
          {(rows) => (
            <Table
              label={t('steps.where')}
              rows={rows}
              rowKey={(row) => row.region + row.number}
              columns={[
                {
                  key: 'number',
                  label: t('orders.number'),
                  show: (row) => <To to={orderPath(row.number, row.region)}>{row.number}</To>,
                },
                { key: 'shipTo', label: t('orders.shipTo'), show: (row) => row.ship_to },
                {
                  key: 'ordered',
                  label: t('steps.orderedAt'),
                  show: (row) => date(dayOf(row.ordered_at)),
                },
                {
                  key: 'step',
                  label: t('steps.step'),
                  show: (row) => t(`steps.names.${row.step}`),
                },
                {
                  key: 'state',
                  label: t('steps.state'),
                  show: (row) => <StepBadge state={row.state} />,
                },
                {
                  key: 'by',
                  label: t('steps.clock'),
                  show: (row) => (row.by ? date(dayOf(row.by)) : '–'),
                },
                {
                  key: 'owner',
                  label: t('steps.owner'),
                  show: (row) => row.owner ?? <span className="subdued">{t('steps.nobody')}</span>,
                },
              ]}
            />
          )}
        </Listed>
      </Card>
    </Page>
  );
}
