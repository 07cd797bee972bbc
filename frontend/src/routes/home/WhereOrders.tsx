// Where the purchase orders are: how many stand at each of the eight steps, and what needs somebody.
import { useTranslation } from 'react-i18next';
import { useResource } from '../../api/queries';
import type { OrdersAtSteps } from '../../api/steps';
import { Card, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Loaded, Table } from '../../ui/patterns';

export function WhereOrders() {
  const { t } = useTranslation();
  const { number } = useFormat();
  const query = useResource<OrdersAtSteps>('/order-steps', { limit: '1' });
  return (
    <Card heading={t('steps.where')} flush>
      <Loaded query={query}>
        {(found) => {
          const rows = found.counts.filter((one) => one.orders > 0);
          if (rows.length === 0) return <Empty>{t('steps.nowhere')}</Empty>;
          return (
            <>
              <Table
                label={t('steps.where')}
                rows={rows}
                rowKey={(one) => one.step}
                columns={[
                  {
                    key: 'step',
                    label: t('steps.step'),
                    show: (one) => t(`steps.names.${one.step}`),
                  },
                  ...(['orders', 'act', 'late'] as const).map((name) => ({
                    key: name,
                    label: t(`steps.counts.${name}`),
                    number: true,
                    show: (one: (typeof rows)[number]) =>
                      one[name] === 0 ? (
                        number(0)
                      ) : (
                        <To
                          label={`${t(`steps.names.${one.step}`)}, ${t(`steps.counts.${name}`)}: ${number(one[name])}`}
                          to={`/purchase-orders/steps?step=${one.step}${name === 'orders' ? '' : `&state=${name}`}`}
                        >
                          <span className={name === 'late' ? 'negative' : ''}>
                            {number(one[name])}
                          </span>
                        </To>
                      ),
                  })),
                ]}
              />
              <p className="subdued padded">{t('steps.settled', { count: found.settled })}</p>
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}
