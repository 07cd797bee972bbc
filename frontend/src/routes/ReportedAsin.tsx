// What Amazon's reports say of one item: its weeks, its forecasts as published, its last hours.
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useResource } from '../api/queries';
import type { Hour, ReportedAsin as Reported, Week } from '../api/reports';
import { Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Loaded, Table } from '../ui/patterns';
import { Chart } from './reports/Chart';
import { Forecasts } from './reports/Forecasts';
import { useReported, useUnits } from './reports/period';

export default function ReportedAsin() {
  const { t } = useTranslation();
  const { asin } = useParams();
  const query = useResource<Reported>(`/reports/asins/${asin}`, {}, true);
  return (
    <Loaded query={query}>
      {(found) => (
        <Page
          heading={found.item ? `${found.item.sku} ${found.item.title}` : found.asin}
          back={{ to: '/reports', label: t('reports.title') }}
          action={found.item && <To to={`/stock/${found.item.id}`}>{t('reports.ourStock')}</To>}
        >
          {found.places.map((place) => (
            <Fragment key={place.marketplace + place.connection.id}>
              <Card heading={`${found.asin} · ${place.connection.name} · ${place.marketplace}`}>
                <Chart place={place} />
              </Card>
              <Card heading={t('reports.forecast')} flush>
                <Forecasts rows={place.forecasts} />
              </Card>
              <Card heading={t('reports.weeks')} flush>
                <Weeks rows={place.weeks} />
              </Card>
              <Card heading={t('reports.hours')} flush>
                <Hours rows={place.hours} />
              </Card>
            </Fragment>
          ))}
        </Page>
      )}
    </Loaded>
  );
}

function Weeks({ rows }: { rows: Week[] }) {
  const { t } = useTranslation();
  const { number, money } = useFormat();
  const { week } = useReported();
  const units = useUnits<Week>();
  if (rows.length === 0) return <Empty>{t('reports.noWeeks')}</Empty>;
  return (
    <Table
      label={t('reports.weeks')}
      rows={rows}
      rowKey={(row) => row.starts_on}
      columns={[
        { key: 'week', label: t('reports.week'), show: week },
        ...units([
          ['ordered', 'ordered_units'],
          ['shipped', 'shipped_units'],
          ['returned', 'customer_returns'],
          ['sellable', 'sellable_units'],
          ['received', 'net_received_units'],
          ['openUnits', 'open_purchase_order_units'],
          ['views', 'glance_views'],
        ]),
        {
          key: 'revenue',
          label: t('reports.revenue'),
          number: true,
          show: (row) => money(row.shipped_revenue),
        },
        {
          key: 'margin',
          label: t('reports.margin'),
          number: true,
          show: (row) =>
            row.net_pure_product_margin === null
              ? '–'
              : `${number(Math.round(Number(row.net_pure_product_margin) * 1000) / 10)} %`,
        },
      ]}
    />
  );
}

function Hours({ rows }: { rows: Hour[] }) {
  const { t } = useTranslation();
  const { time, money } = useFormat();
  const units = useUnits<Hour>();
  if (rows.length === 0) return <Empty>{t('reports.noHours')}</Empty>;
  return (
    <Table
      label={t('reports.hours')}
      rows={rows.slice(0, 24)}
      rowKey={(row) => row.starts_at}
      columns={[
        { key: 'hour', label: t('reports.hour'), show: (row) => time(row.starts_at) },
        ...units([['ordered', 'ordered_units']]),
        {
          key: 'revenue',
          label: t('reports.revenue'),
          number: true,
          show: (row) => money(row.ordered_revenue),
        },
        ...units([
          ['highlyAvailable', 'highly_available_units'],
          ['views', 'glance_views'],
        ]),
      ]}
    />
  );
}
