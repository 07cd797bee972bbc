// Counts: where Shopify counts otherwise than the books, whose write it was, and what to do.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, send } from '../api/client';
import type { Discrepancy } from '../api/discrepancies';
import { usePages, useResource } from '../api/queries';
import type { Counts as Reading } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { toast } from '../shell/appBridge';
import { useFilters } from '../shell/filters';
import { useWho } from '../shell/session';
import { Badge, Banner, Button, Card, Page, Select, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Figures, Loaded, More, Named, Table } from '../ui/patterns';

const STATUSES = ['open', 'in_progress', 'left', 'adopted', 'closed'] as const;
const EXPLANATIONS = ['person', 'app', 'order', 'ours', 'unknown'] as const;
const NAMES = ['status', 'explanation'] as const;

export default function Counts() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(NAMES);
  const status = filters.status || 'open';
  const query = usePages<Discrepancy>(
    '/discrepancies',
    { kind: 'count', status, explanation: filters.explanation },
    true,
  );
  return (
    <Page
      heading={t('discrepancies.title')}
      back={{ to: '/discrepancies', label: t('queue.title') }}
    >
      <LastReading />
      <div className="filters">
        <Select
          label={t('discrepancies.status')}
          value={status}
          onChange={(value) => change({ status: value })}
          options={STATUSES.map((one) => ({
            value: one,
            label: t(`queue.statuses.${one}`),
          }))}
        />
        <Select
          label={t('discrepancies.writer')}
          value={filters.explanation}
          onChange={(value) => change({ explanation: value })}
          options={[
            { value: '', label: t('common.all') },
            ...EXPLANATIONS.map((one) => ({
              value: one,
              label: t(`discrepancies.writers.${one}`),
            })),
          ]}
        />
      </div>
      <Loaded query={query}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.data);
          if (rows.length === 0)
            return (
              <Card>
                <Empty>
                  {status === 'open' ? t('discrepancies.empty') : t('discrepancies.emptyOther')}
                </Empty>
              </Card>
            );
          return rows.map((row) => <One key={row.id} found={row} />);
        }}
      </Loaded>
      <More query={query} />
    </Page>
  );
}

function LastReading() {
  const { t } = useTranslation();
  const said = useSaid();
  const { time } = useFormat();
  const queries = useQueryClient();
  const query = useResource<Reading>('/counts', {}, true);
  const begin = useMutation({
    mutationFn: () => send('POST', '/counts'),
    onSettled: () => queries.invalidateQueries({ queryKey: ['/counts'] }),
  });
  return (
    <Card heading={t('discrepancies.reading')}>
      {begin.error && <Failure error={begin.error} />}
      <Loaded query={query}>
        {(counts) => (
          <>
            <p>
              {counts.finished_at
                ? t('discrepancies.lastRead', { when: time(counts.finished_at) })
                : t('discrepancies.neverRead')}{' '}
              {counts.next_at && (
                <span className="subdued">
                  {t('discrepancies.nextRead', { when: time(counts.next_at) })}
                </span>
              )}
            </p>
            {counts.error && <p className="negative">{said(counts.error)}</p>}
            {!counts.history_readable && <p className="subdued">{t('discrepancies.cannotName')}</p>}
            <Button
              busy={begin.isPending || counts.under_way}
              disabled={begin.isPending || counts.under_way}
              onClick={() => begin.mutate()}
            >
              {t('discrepancies.readNow')}
            </Button>
          </>
        )}
      </Loaded>
    </Card>
  );
}

function One({ found }: { found: Discrepancy }) {
  const { t } = useTranslation();
  const who = useWho();
  const { number, money, time } = useFormat();
  const { item, location, state, ours, theirs, difference } = found;
  if (!item || !location || !state || ours === null || theirs === null || difference === null)
    return null;
  return (
    <Card>
      <div className="heading">
        <Named item={item}>
          <To to={`/stock/${item.id}?state=${state}&location_id=${location.id}`}>{item.sku}</To>
        </Named>
        <h3>
          {t(`states.${state}`)}, {location.name}
        </h3>
        <Badge tone={found.status === 'open' ? 'warning' : 'neutral'}>
          {t(`queue.statuses.${found.status}`)}
        </Badge>
        <span className="subdued">
          {t('discrepancies.since', { when: time(found.opened_at ?? found.first_seen_at) })}
        </span>
      </div>
      <Figures
        figures={[
          { label: t('discrepancies.ours'), value: number(ours) },
          { label: t('discrepancies.theirs'), value: number(theirs) },
          {
            label: t('discrepancies.difference'),
            value: difference > 0 ? `+${number(difference)}` : number(difference),
          },
          ...(found.value ? [{ label: t('discrepancies.value'), value: money(found.value) }] : []),
        ]}
      />
      <Because found={found} />
      <Timeline found={found} />
      {['open', 'in_progress', 'left'].includes(found.status) ? (
        <CountWays found={found} />
      ) : (
        <p className="subdued">
          {t('discrepancies.endedBy', {
            who: who(found.ended_by),
            when: time(found.ended_at),
          })}{' '}
          {found.note}
        </p>
      )}
    </Card>
  );
}

/** How a difference came about, as far as anybody can say. */
export function Because({ found }: { found: Discrepancy }) {
  const { t } = useTranslation();
  return (
    <p>
      {t(`discrepancies.because.${found.explanation ?? 'looking'}`, {
        who: found.explained_by ?? '',
      })}{' '}
      {found.explanation === 'ours' && found.explained_by && (
        <To to={`/activity/${found.explained_by}`}>{t('discrepancies.message')}</To>
      )}
    </p>
  );
}

/** What the outside's own history says. */
export function Timeline({ found }: { found: Discrepancy }) {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  if (found.evidence.length === 0) return null;
  return (
    <Table
      label={t('discrepancies.timeline')}
      rows={found.evidence.slice(0, 6)}
      rowKey={(row) => `${row.at}${row.reference}${row.units}`}
      columns={[
        { key: 'at', label: t('item.when'), show: (row) => (row.at ? time(row.at) : '–') },
        {
          key: 'who',
          label: t('discrepancies.writer'),
          show: (row) => row.person ?? row.app ?? t('discrepancies.byShopify'),
        },
        {
          key: 'why',
          label: t('item.why'),
          show: (row) =>
            row.reason && t(`discrepancies.reasons.${row.reason}`, { defaultValue: row.reason }),
        },
        { key: 'paper', label: t('item.paper'), show: (row) => row.reference ?? '' },
        {
          key: 'units',
          label: t('item.quantity'),
          number: true,
          show: (row) => (row.units > 0 ? `+${number(row.units)}` : number(row.units)),
        },
      ]}
    />
  );
}

/** Adopting what was counted, or leaving it; with who looks after it. */
export function CountWays({ found }: { found: Discrepancy }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const queries = useQueryClient();
  const [owner, setOwner] = useState(found.owner ?? '');
  const [note, setNote] = useState(found.note ?? '');
  const [changed, setChanged] = useState(false);
  const act = useMutation({
    mutationFn: (way: 'adopt' | 'leave') =>
      send<Discrepancy>(
        'POST',
        `/discrepancies/${found.id}/${way}`,
        way === 'leave' ? { note: note || null } : {},
      ),
    onSuccess: () => toast(t('common.saved')),
    onError: (error) =>
      setChanged(error instanceof Problem && error.body.code === 'discrepancy_changed'),
    onSettled: () => queries.invalidateQueries(),
  });
  const keep = useMutation({
    mutationFn: () =>
      send('PUT', `/discrepancies/${found.id}`, { owner: owner || null, note: note || null }),
    onSuccess: () => {
      toast(t('common.saved'));
      return queries.invalidateQueries();
    },
  });
  const error = changed ? null : (act.error ?? keep.error);
  return (
    <div>
      {changed && <Banner tone="warning" heading={t('discrepancies.changed')} />}
      {error && <Failure error={error} />}
      <div className="filters">
        <TextField label={t('discrepancies.owner')} value={owner} onChange={setOwner} />
        <TextField label={t('discrepancies.note')} value={note} onChange={setNote} />
        <div>
          <Button busy={keep.isPending} onClick={() => keep.mutate()}>
            {t('common.save')}
          </Button>
        </div>
      </div>
      <div className="footer">
        <Button
          primary
          busy={act.isPending && act.variables === 'adopt'}
          disabled={act.isPending}
          onClick={() => act.mutate('adopt')}
        >
          {t('discrepancies.adopt', { units: number(found.theirs ?? 0) })}
        </Button>{' '}
        {found.status !== 'left' && (
          <Button
            busy={act.isPending && act.variables === 'leave'}
            disabled={act.isPending}
            onClick={() => act.mutate('leave')}
          >
            {t('discrepancies.leave')}
          </Button>
        )}
      </div>
      <p className="subdued">{t('discrepancies.hint')}</p>
    </div>
  );
}
