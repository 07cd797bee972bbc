// Collisions: who wants the same units, by when, and the ways out, one click each.
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { usePages } from '../api/queries';
import type { Collision } from '../api/types';
import { Badge, Button, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Loaded, More, Named, Table } from '../ui/patterns';
import { Timeline } from './collisions/Ahead';
import { Ended } from './collisions/Ended';
import { Ways } from './collisions/Ways';
import { PaperLink } from './PaperLink';

export default function Collisions() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const status = search.get('status') ?? 'open';
  const asked = status === 'coming' ? { status: 'open', kind: 'coming' } : { status };
  const query = usePages<Collision>('/collisions', asked, true);
  return (
    <Page
      heading={t('collisions.title')}
      action={
        <span>
          {['open', 'coming', 'ended'].map((one) => (
            <Button
              key={one}
              primary={status === one}
              onClick={() => setSearch({ status: one }, { replace: true })}
            >
              {t(`collisions.tabs.${one}`)}
            </Button>
          ))}
        </span>
      }
    >
      <Loaded query={query}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.data);
          if (rows.length === 0)
            return (
              <Card>
                <Empty>{t(`collisions.nothing.${status}`)}</Empty>
              </Card>
            );
          return rows.map((row) => <One key={row.id} collision={row} />);
        }}
      </Loaded>
      <More query={query} />
    </Page>
  );
}

function One({ collision }: { collision: Collision }) {
  const { t } = useTranslation();
  const { time, date } = useFormat();
  return (
    <Card>
      <div className="heading">
        <Named item={collision.item}>
          <To to={`/stock/${collision.item.id}`}>{collision.item.sku}</To>
        </Named>
        <h3>{collision.location.name}</h3>
        <Badge tone={collision.kind === 'oversold' ? 'critical' : 'warning'}>
          {t(`collisions.${collision.kind}`, { count: collision.units })}
        </Badge>
        {collision.due_on && (
          <Badge tone="info">{t('collisions.dueOn', { day: date(collision.due_on) })}</Badge>
        )}
        <span className="subdued">
          {t('collisions.since', { when: time(collision.opened_at) })}
        </span>
      </div>
      {collision.status === 'open' ? (
        <>
          <Claimants collision={collision} />
          {collision.projection && <Timeline projection={collision.projection} />}
          <Ways collision={collision} />
        </>
      ) : (
        <Ended collision={collision} />
      )}
    </Card>
  );
}

function Claimants({ collision }: { collision: Collision }) {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  const firmness = (one: Collision['claimants'][number]) =>
    one.fact ? t('collisions.fact') : one.firm ? t('collisions.firm') : t('collisions.asked');
  return (
    <Table
      label={t('collisions.who')}
      rows={collision.claimants}
      rowKey={(row) => `${row.document.kind}${row.document.reference}${row.line}`}
      columns={[
        {
          key: 'who',
          label: t('collisions.who'),
          show: (row) => (
            <span>
              <Badge tone={row.rail === 'amazon' ? 'info' : 'neutral'}>
                {t(`rails.${row.rail}`)}
              </Badge>{' '}
              <PaperLink paper={row.document} /> <span className="subdued">{firmness(row)}</span>
            </span>
          ),
        },
        { key: 'by', label: t('collisions.until'), show: (row) => time(row.by) },
        {
          key: 'wanted',
          label: t('collisions.wanted'),
          number: true,
          show: (row) => number(row.wanted),
        },
        { key: 'held', label: t('collisions.held'), number: true, show: (row) => number(row.held) },
        {
          key: 'short',
          label: t('collisions.short'),
          number: true,
          show: (row) => number(row.short),
        },
      ]}
    />
  );
}
