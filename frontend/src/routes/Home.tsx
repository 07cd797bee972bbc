// Home: what needs a person now, where the stock stands, and whether the border is quiet.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { send } from '../api/client';
import { useResource } from '../api/queries';
import type { Home as HomeData } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { Badge, Banner, Button, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Figures, Loaded, Table } from '../ui/patterns';
import { TimeLeft } from '../ui/TimeLeft';
import { ConnectionWarnings } from './home/ConnectionWarnings';
import { Departing } from './home/Departing';
import { MoneyNext } from './home/MoneyNext';
import { ReportsMissing } from './home/ReportsMissing';
import { WhereOrders } from './home/WhereOrders';
import { orderPath } from './orderPath';

export function Home() {
  const { t } = useTranslation();
  const query = useResource<HomeData>('/home', {}, true);
  return (
    <Page heading={t('home.title')}>
      <Loaded query={query}>
        {(home) => (
          <>
            <Needs home={home} />
            <ConnectionWarnings warnings={home.connection_warnings} />
            <Departing shipments={home.shipments_without_notice} />
            <ReportsMissing />
            <Setup home={home} />
            <Stock home={home} />
            <ToAcknowledge home={home} />
            <MoneyNext />
            <WhereOrders />
            <div className="columns">
              <Border home={home} />
              <Audit home={home} />
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Needs({ home }: { home: HomeData }) {
  const { t } = useTranslation();
  const said = useSaid();
  const importing = home.catalog_import;
  return (
    <>
      {home.collisions_open > 0 && (
        <Banner
          tone="warning"
          heading={t('home.collisions', { count: home.collisions_open })}
          action={<To to="/collisions">{t('home.openCollisions')}</To>}
        />
      )}
      {home.messages.dead > 0 && (
        <Banner
          tone="critical"
          heading={t('home.dead', { count: home.messages.dead })}
          action={<To to="/activity?state=dead">{t('home.review')}</To>}
        />
      )}
      {importing && ['waiting', 'running'].includes(importing.state) && (
        <Banner tone="info" heading={t('home.importing', { items: importing.items })} />
      )}
      {importing?.state === 'failed' && (
        <Banner
          tone="critical"
          heading={t('home.importFailed', { error: said(importing.error) })}
        />
      )}
    </>
  );
}

function Setup({ home }: { home: HomeData }) {
  const { t } = useTranslation();
  if (home.setup.every((step) => step.done)) return null;
  return (
    <Card heading={t('home.setup')}>
      <ul className="plain">
        {home.setup.map((step) => (
          <li key={step.step}>
            {step.done ? '✓ ' : '○ '}
            {t(`home.steps.${step.step}`)}{' '}
            {step.step === 'amazon_connected' && !step.done && (
              <To to="/settings">{t('home.connectAmazon')}</To>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

const SHOWN = ['available', 'committed', 'reserved', 'safety_stock', 'amazon_transit', 'amazon'];

function Stock({ home }: { home: HomeData }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  return (
    <Card heading={t('home.stockNow')}>
      <Figures
        figures={SHOWN.map((state) => ({
          label: t(`states.${state}`),
          value: (
            <To to={state === 'available' ? '/stock?sort=available' : '/stock'}>
              {number(home.units[state] ?? 0)}
            </To>
          ),
        }))}
      />
    </Card>
  );
}

function ToAcknowledge({ home }: { home: HomeData }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const rows = home.purchase_orders_to_acknowledge;
  return (
    <Card heading={t('home.toAcknowledge')} flush>
      {rows.length === 0 ? (
        <Empty>{t('home.nothingToAcknowledge')}</Empty>
      ) : (
        <Table
          label={t('home.toAcknowledge')}
          rows={rows}
          rowKey={(row) => row.number}
          columns={[
            {
              key: 'number',
              label: t('orders.number'),
              show: (row) => <To to={orderPath(row.number, row.region)}>{row.number}</To>,
            },
            {
              key: 'by',
              label: t('orders.answerBy'),
              show: (row) => <TimeLeft by={row.acknowledge_by} />,
            },
            { key: 'shipTo', label: t('orders.shipTo'), show: (row) => row.ship_to },
            {
              key: 'ordered',
              label: t('orders.ordered'),
              number: true,
              show: (row) => number(row.units.ordered),
            },
            {
              key: 'held',
              label: t('orders.held'),
              number: true,
              show: (row) => number(row.units.held),
            },
            {
              key: 'short',
              label: t('orders.short'),
              number: true,
              show: (row) =>
                row.units.short > 0 ? (
                  <span className="negative">{number(row.units.short)}</span>
                ) : (
                  '0'
                ),
            },
          ]}
        />
      )}
    </Card>
  );
}

function Border({ home }: { home: HomeData }) {
  const { t } = useTranslation();
  const said = useSaid();
  const { number } = useFormat();
  return (
    <Card heading={t('home.border')}>
      <Figures
        figures={[
          {
            label: t('home.waiting'),
            value: <To to="/activity?state=waiting">{number(home.messages.waiting)}</To>,
          },
          {
            label: t('home.oldestWaiting'),
            value: t('home.seconds', { seconds: number(home.messages.oldest_waiting_seconds) }),
          },
          {
            label: t('home.deadLabel'),
            value: <To to="/activity?state=dead">{number(home.messages.dead)}</To>,
          },
        ]}
      />
      <ul className="plain padded">
        {home.connections.map((connection) => (
          <li key={connection.id}>
            {t(`names.${connection.channel}`)} · {connection.name}{' '}
            <Badge tone={connection.state === 'connected' ? 'success' : 'critical'}>
              {t(`connectionStates.${connection.state}`)}
            </Badge>
            {connection.error && <div className="negative">{said(connection.error)}</div>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Audit({ home }: { home: HomeData }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  const queries = useQueryClient();
  const run = useMutation({
    mutationFn: () => send('POST', '/audit'),
    onSuccess: () => queries.invalidateQueries(),
  });
  const { ran_at, findings } = home.audit;
  const when = time(ran_at);
  return (
    <Card heading={t('home.audit')}>
      <p>
        {!ran_at && t('home.auditNever')}
        {ran_at && findings === 0 && t('home.auditClean', { when })}
        {ran_at && findings > 0 && t('home.auditFindings', { count: findings, when })}
      </p>
      <Button busy={run.isPending} onClick={() => run.mutate()}>
        {t('home.runAudit')}
      </Button>
    </Card>
  );
}
