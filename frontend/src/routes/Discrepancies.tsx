// The queue of discrepancies: what disagrees, how much is in question, whose it is and until when.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Discrepancy, STATUSES, type Summary } from '../api/discrepancies';
import { usePages, useResource } from '../api/queries';
import { useFilters } from '../shell/filters';
import { Badge, Card, Checkbox, Page, SearchField, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Figures, Listed, Loaded, Table } from '../ui/patterns';
import { Bulk } from './discrepancies/Bulk';
import { About, Age, Deadline, StatusBadge, useWords } from './discrepancies/pieces';

const NAMES = ['status', 'kind', 'owner', 'currency', 'deadline', 'order', 'search'] as const;

export default function Discrepancies() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(NAMES);
  const [chosen, setChosen] = useState<Map<number, Discrepancy>>(new Map());
  const given = { ...filters, status: filters.status || 'standing' };
  const query = usePages<Discrepancy>('/discrepancies', given, true);
  const { order: _order, ...narrowing } = given;
  const summary = useResource<Summary>('/discrepancies/summary', narrowing, true);
  return (
    <Page
      heading={t('queue.title')}
      action={
        <>
          <To to="/discrepancies/counts">{t('discrepancies.title')}</To> ·{' '}
          <To to="/discrepancies/rules">{t('queue.rules.title')}</To>
        </>
      }
    >
      <Loaded query={summary}>{(found) => <Sums found={found} />}</Loaded>
      <Card flush>
        <Filters filters={filters} change={change} found={summary.data} />
        {chosen.size > 0 && (
          <Bulk
            chosen={[...chosen.values()]}
            owners={summary.data?.owners ?? []}
            done={() => setChosen(new Map())}
          />
        )}
        <Listed query={query} empty={t('queue.empty')}>
          {(rows) => (
            <Rows
              rows={rows}
              chosen={chosen}
              choose={(row, on) => {
                const next = new Map(chosen);
                if (on) next.set(row.id, row);
                else next.delete(row.id);
                setChosen(next);
              }}
            />
          )}
        </Listed>
      </Card>
    </Page>
  );
}

function Sums({ found }: { found: Summary }) {
  const { t } = useTranslation();
  const { number, money } = useFormat();
  return (
    <Card>
      <Figures
        figures={[
          { label: t('queue.count'), value: number(found.count) },
          { label: t('queue.overdue'), value: number(found.overdue) },
          { label: t('queue.dueSoon'), value: number(found.due_soon) },
          { label: t('queue.unowned'), value: number(found.unowned) },
          ...found.sums.map((sum) => ({
            label: t('queue.owed', { currency: sum.currency }),
            value: money(sum.owed),
          })),
          ...found.sums
            .filter((sum) => Number(sum.in_favour.amount) > 0)
            .map((sum) => ({
              label: t('queue.inFavour', { currency: sum.currency }),
              value: money(sum.in_favour),
            })),
        ]}
      />
      <p className="subdued">
        {t('queue.ages', {
          week: number(found.ages.week),
          month: number(found.ages.month),
          quarter: number(found.ages.quarter),
          older: number(found.ages.older),
        })}
      </p>
    </Card>
  );
}

type Filtered = Record<(typeof NAMES)[number], string>;

function Filters(props: {
  filters: Filtered;
  change: (values: Partial<Filtered>) => void;
  found: Summary | undefined;
}) {
  const { t } = useTranslation();
  const words = useWords();
  const { filters, change, found } = props;
  const [typed, setTyped] = useState(filters.search);
  const all = { value: '', label: t('common.all') };
  const currencies = new Set(found?.kinds.flatMap((kind) => kind.sums.map((one) => one.currency)));
  if (filters.currency) currencies.add(filters.currency);
  return (
    <div className="filters">
      <SearchField
        label={t('common.search')}
        value={typed}
        onChange={(value) => {
          setTyped(value);
          change({ search: value });
        }}
      />
      <Select
        label={t('discrepancies.status')}
        value={filters.status || 'standing'}
        onChange={(status) => change({ status })}
        options={['standing', ...STATUSES, 'all'].map((one) => ({
          value: one,
          label: t(`queue.statuses.${one}`),
        }))}
      />
      <Select
        label={t('queue.kind')}
        value={filters.kind}
        onChange={(kind) => change({ kind })}
        options={[
          all,
          ...(found?.kinds ?? []).map((kind) => ({
            value: kind.kind,
            label: kind.count > 0 ? `${words(kind.words)} (${kind.count})` : words(kind.words),
          })),
        ]}
      />
      <Select
        label={t('queue.owner')}
        value={filters.owner}
        onChange={(owner) => change({ owner })}
        options={[
          all,
          { value: '-', label: t('queue.nobody') },
          ...(found?.owners ?? []).map((one) => ({ value: one, label: one })),
        ]}
      />
      <Select
        label={t('queue.currency')}
        value={filters.currency}
        onChange={(currency) => change({ currency })}
        options={[all, ...[...currencies].sort().map((one) => ({ value: one, label: one }))]}
      />
      <Select
        label={t('queue.deadline')}
        value={filters.deadline}
        onChange={(deadline) => change({ deadline })}
        options={[
          all,
          ...(['overdue', 'soon', 'any', 'none'] as const).map((one) => ({
            value: one,
            label: t(`queue.deadlines.${one}`),
          })),
        ]}
      />
      <Select
        label={t('queue.order')}
        value={filters.order || 'newest'}
        onChange={(order) => change({ order })}
        options={(['newest', 'deadline', 'amount'] as const).map((one) => ({
          value: one,
          label: t(`queue.orders.${one}`),
        }))}
      />
    </div>
  );
}

function Rows(props: {
  rows: Discrepancy[];
  chosen: Map<number, Discrepancy>;
  choose: (row: Discrepancy, on: boolean) => void;
}) {
  const { t } = useTranslation();
  const { number, money } = useFormat();
  const words = useWords();
  return (
    <Table
      label={t('queue.title')}
      rows={props.rows}
      rowKey={(row) => row.id}
      columns={[
        {
          key: 'choose',
          label: '',
          show: (row) => (
            <Checkbox
              hideLabel
              label={t('queue.choose', { what: row.reference ?? row.item?.sku ?? row.id })}
              checked={props.chosen.has(row.id)}
              onChange={(on) => props.choose(row, on)}
            />
          ),
        },
        {
          key: 'kind',
          label: t('queue.kind'),
          show: (row) => <To to={`/discrepancies/${row.id}`}>{words(row.words)}</To>,
        },
        { key: 'about', label: t('queue.about'), show: (row) => <About found={row} /> },
        {
          key: 'units',
          label: t('queue.units'),
          number: true,
          show: (row) => (row.difference === null ? '–' : number(row.difference)),
        },
        {
          key: 'amount',
          label: t('queue.amount'),
          number: true,
          show: (row) => money(row.value),
        },
        { key: 'age', label: t('queue.age'), show: (row) => <Age found={row} /> },
        { key: 'deadline', label: t('queue.deadline'), show: (row) => <Deadline found={row} /> },
        {
          key: 'owner',
          label: t('queue.owner'),
          show: (row) => row.owner ?? <span className="subdued">{t('queue.nobody')}</span>,
        },
        {
          key: 'status',
          label: t('discrepancies.status'),
          show: (row) => (
            <>
              <StatusBadge status={row.status} />{' '}
              {row.tasks > 0 && (
                <Badge>{t('queue.progress', { done: row.tasks_done, all: row.tasks })}</Badge>
              )}
            </>
          ),
        },
      ]}
    />
  );
}
