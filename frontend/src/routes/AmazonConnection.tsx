// One connection to Amazon: which parts answer, what has been seen, what will stop it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { send } from '../api/client';
import { useResource } from '../api/queries';
import type { Capability, ConnectionDetail, Coverage } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { toast } from '../shell/appBridge';
import { Badge, Banner, Button, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Failure, Loaded, Table } from '../ui/patterns';
import { ConnectionWarnings } from './home/ConnectionWarnings';
import { Access } from './settings/Access';

const TONES = {
  good: 'success',
  unasked: 'neutral',
  failing: 'warning',
  throttled: 'warning',
  disturbed: 'warning',
  secret_refused: 'critical',
  role_missing: 'critical',
  consent_ended: 'critical',
} as const;

export default function AmazonConnection() {
  const { t } = useTranslation();
  const said = useSaid();
  const { id } = useParams();
  const query = useResource<ConnectionDetail>(`/connections/${id}`, {}, true);
  return (
    <Page
      heading={query.data?.connection.name ?? t('connection.title')}
      back={{ to: '/settings', label: t('settings.title') }}
    >
      <Loaded query={query}>
        {(detail) => (
          <>
            <ConnectionWarnings warnings={detail.warnings} />
            {detail.connection.error && (
              <Banner tone="critical" heading={t('connection.stopped')}>
                {said(detail.connection.error)}
              </Banner>
            )}
            <Parts detail={detail} />
            <Seen coverage={detail.coverage} />
            <Access detail={detail} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Parts({ detail }: { detail: ConnectionDetail }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  const queries = useQueryClient();
  const check = useMutation({
    mutationFn: () => send('POST', `/connections/${detail.connection.id}/self-test`),
    onSuccess: () => {
      toast(t('connection.checking'));
      return queries.invalidateQueries();
    },
  });
  return (
    <Card heading={t('connection.parts')} flush>
      {check.error && <Failure error={check.error} />}
      <Table<Capability>
        label={t('connection.parts')}
        rows={detail.capabilities}
        rowKey={(row) => row.name}
        columns={[
          {
            key: 'name',
            label: t('connection.part'),
            show: (row) => t(`connection.names.${row.name}`),
          },
          {
            key: 'state',
            label: t('connection.state'),
            show: (row) => (
              <Badge tone={TONES[row.state]}>{t(`connection.states.${row.state}`)}</Badge>
            ),
          },
          {
            key: 'good',
            label: t('connection.lastGood'),
            show: (row) => (row.last_good_at ? time(row.last_good_at) : t('common.never')),
          },
          { key: 'do', label: t('connection.toDo'), show: (row) => <ToDo row={row} /> },
        ]}
      />
      <div className="footer">
        <Button busy={check.isPending} onClick={() => check.mutate()}>
          {t('connection.check')}
        </Button>
      </div>
    </Card>
  );
}

function ToDo({ row }: { row: Capability }) {
  const { t } = useTranslation();
  const said = useSaid();
  if (row.state === 'good') return <span className="subdued">{t('connection.nothing')}</span>;
  return (
    <>
      <div>
        {row.state === 'unasked' && row.name === 'invoices'
          ? t('connection.do.invoices')
          : t(`connection.do.${row.state}`, { roles: row.roles.join(t('connection.or')) })}
      </div>
      {row.state === 'role_missing' && !row.roles_published && (
        <div className="subdued">{t('connection.unpublished')}</div>
      )}
      {row.said && <div className="subdued">{said(row.said)}</div>}
    </>
  );
}

function Seen({ coverage }: { coverage: Coverage | null }) {
  const { t } = useTranslation();
  const { time, number } = useFormat();
  if (coverage === null)
    return (
      <Card heading={t('connection.seen')}>
        <p className="subdued">{t('connection.unseen')}</p>
      </Card>
    );
  return (
    <Card heading={t('connection.seen')}>
      <p>
        <strong>
          {t('connection.every', {
            from: time(coverage.seen_from),
            to: time(coverage.seen_to),
            orders: number(coverage.orders),
          })}
        </strong>{' '}
        <Badge tone={coverage.gaps.length === 0 ? 'success' : 'warning'}>
          {t('connection.gaps', { count: coverage.gaps.length })}
        </Badge>
      </p>
      {coverage.gaps.length > 0 && (
        <ul className="plain">
          {coverage.gaps.map((gap) => (
            <li key={gap.start}>
              {t('connection.gap', { from: time(gap.start), to: time(gap.end) })}
            </li>
          ))}
        </ul>
      )}
      {coverage.back_filled < 1 ? (
        <p>
          <progress value={coverage.back_filled} max={1} aria-label={t('connection.backFill')} />{' '}
          {t('connection.filling', {
            share: number(Math.floor(coverage.back_filled * 100)),
            from: time(coverage.goal_from),
          })}
        </p>
      ) : (
        <p className="subdued">{t('connection.filled', { from: time(coverage.goal_from) })}</p>
      )}
      {coverage.unreadable > 0 && (
        <p>
          <To to="/activity?channel=amazon&state=dead">
            {t('connection.unreadable', { count: coverage.unreadable })}
          </To>
        </p>
      )}
    </Card>
  );
}
