// One discrepancy: what disagrees, what became of it, and the work on it.
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import type { DiscrepancyDetail } from '../api/discrepancies';
import { useResource } from '../api/queries';
import { useWho } from '../shell/session';
import { Card, Page } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Figures, Loaded, Table } from '../ui/patterns';
import { Because, CountWays, Timeline } from './Counts';
import { Decide } from './discrepancies/Decide';
import { About, Age, Deadline, StatusBadge, useWords } from './discrepancies/pieces';
import { Comments, Papers, Tasks } from './discrepancies/Work';

export default function Discrepancy() {
  const { t } = useTranslation();
  const { id } = useParams();
  const query = useResource<DiscrepancyDetail>(`/discrepancies/${id}`, {}, true);
  const queries = useQueryClient();
  const words = useWords();
  const changed = () => queries.invalidateQueries();
  return (
    <Page
      heading={query.data ? words(query.data.words) : t('queue.title')}
      back={{ to: '/discrepancies', label: t('queue.title') }}
    >
      <Loaded query={query}>
        {(found) => (
          <>
            <What found={found} />
            {found.kind === 'count' && (found.status === 'open' || found.status === 'left') ? (
              <Card heading={t('queue.decide')}>
                <CountWays found={found} />
              </Card>
            ) : (
              <Decide key={found.status} found={found} changed={changed} />
            )}
            <Tasks found={found} changed={changed} />
            <Comments found={found} changed={changed} />
            <Papers found={found} changed={changed} />
            <History found={found} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function What({ found }: { found: DiscrepancyDetail }) {
  const { t } = useTranslation();
  const { number, money, time } = useFormat();
  const words = useWords();
  return (
    <Card>
      <div className="heading">
        <StatusBadge status={found.status} />
        <About found={found} />
        <span className="subdued">
          {t('discrepancies.since', { when: time(found.opened_at ?? found.first_seen_at) })}
        </span>
      </div>
      <p>{words(found.meaning)}</p>
      <Figures
        figures={[
          ...(found.ours === null
            ? []
            : [
                { label: t('discrepancies.ours'), value: number(found.ours) },
                { label: t('discrepancies.theirs'), value: number(found.theirs ?? 0) },
              ]),
          {
            label: t('queue.units'),
            value: found.difference === null ? '–' : number(found.difference),
          },
          { label: t('queue.amount'), value: money(found.value) },
          { label: t('queue.age'), value: <Age found={found} /> },
          { label: t('queue.deadline'), value: <Deadline found={found} /> },
          ...(found.subject.field
            ? [
                { label: t('queue.field'), value: t(`files.fields.${found.subject.field}`) },
                { label: t('queue.counted'), value: found.subject.counted ?? '–' },
                { label: t('queue.witness'), value: found.subject.witness ?? '–' },
              ]
            : found.cause
              ? [
                  {
                    label: t('queue.cause'),
                    // Amazon's own causes stand as Amazon writes them.
                    value: t(`queue.causes.${found.cause}`, { defaultValue: found.cause }),
                  },
                ]
              : []),
          ...(found.subject.vendor_code
            ? [{ label: t('queue.vendorCode'), value: found.subject.vendor_code }]
            : []),
        ]}
      />
      {found.kind === 'count' && (
        <>
          <Because found={found} />
          <Timeline found={found} />
        </>
      )}
      {found.write_offs.map((one) => (
        <p key={one.at} className="subdued">
          {t(one.ended_because ? `queue.writeOff.${one.ended_because}` : 'queue.writeOff.stands', {
            amount: money(one.amount),
            when: time(one.at),
            reason: one.reason,
            ended: time(one.ended_at),
          })}
        </p>
      ))}
    </Card>
  );
}

function History({ found }: { found: DiscrepancyDetail }) {
  const { t } = useTranslation();
  const who = useWho();
  const { number, money, time } = useFormat();
  if (found.history.length === 0)
    return (
      <Card heading={t('queue.history')}>
        <Empty>{t('queue.noHistory')}</Empty>
      </Card>
    );
  return (
    <Card flush heading={t('queue.history')}>
      <Table
        label={t('queue.history')}
        rows={[...found.history].reverse()}
        rowKey={(row) => row.at + row.event}
        columns={[
          { key: 'at', label: t('item.when'), show: (row) => time(row.at) },
          {
            key: 'event',
            label: t('queue.what'),
            show: (row) => (
              <>
                {t(`queue.events.${row.event}`)}
                {row.owner && `: ${row.owner}`}
                {row.reason && `: ${row.reason}`}
              </>
            ),
          },
          {
            key: 'by',
            label: t('queue.by'),
            show: (row) => (!row.by || row.by === 'system' ? t('queue.byPapers') : who(row.by)),
          },
          {
            key: 'units',
            label: t('queue.units'),
            number: true,
            show: (row) =>
              row.ours !== null && row.theirs !== null
                ? `${number(row.ours)} → ${number(row.theirs)}`
                : row.units === null
                  ? '–'
                  : number(row.units),
          },
          {
            key: 'amount',
            label: t('queue.amount'),
            number: true,
            show: (row) =>
              row.amount && row.currency
                ? money({ amount: row.amount, currency: row.currency })
                : '–',
          },
        ]}
      />
    </Card>
  );
}
