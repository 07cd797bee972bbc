// Collisions: who wants the same units, by when, and the ways out, one click each.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { Problem, send } from '../api/client';
import { usePages } from '../api/queries';
import type { Collision, Way } from '../api/types';
import { toast } from '../shell/appBridge';
import { Badge, Banner, Button, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Loaded, More, Named, Table } from '../ui/patterns';
import { PaperLink } from './StockItem';

export default function Collisions() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const status = search.get('status') ?? 'open';
  const query = usePages<Collision>('/collisions', { status }, true);
  return (
    <Page
      heading={t('collisions.title')}
      action={
        <span>
          {['open', 'ended'].map((one) => (
            <Button
              key={one}
              primary={status === one}
              onClick={() => setSearch({ status: one }, { replace: true })}
            >
              {t(`collisions.${one}`)}
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
                <Empty>
                  {status === 'open' ? t('collisions.empty') : t('collisions.emptyEnded')}
                </Empty>
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
  const { time } = useFormat();
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
        <span className="subdued">
          {t('collisions.since', { when: time(collision.opened_at) })}
        </span>
      </div>
      <Claimants collision={collision} />
      {collision.status === 'open' ? (
        <Ways collision={collision} />
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

function Ways({ collision }: { collision: Collision }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const queries = useQueryClient();
  const [changed, setChanged] = useState(false);
  const take = useMutation({
    mutationFn: (way: Way) =>
      send<Collision>('POST', `/collisions/${collision.id}/ways/${way.way}`, {
        parameters: way.parameters,
      }),
    onSuccess: () => toast(t('collisions.done')),
    onError: (error) =>
      setChanged(error instanceof Problem && error.body.code === 'collision_changed'),
    onSettled: () => queries.invalidateQueries(),
  });
  const name = (way: Way) =>
    t(`collisions.ways.${way.way === 'accept' && collision.kind === 'short' ? 'wait' : way.way}`, {
      count: way.units,
      units: number(way.units),
      place: way.parameters.from_location,
      paper: String(way.parameters.document_reference ?? '')
        .split(':')
        .at(-1),
    });
  return (
    <div>
      <h3>{t('collisions.waysOut')}</h3>
      {changed && <Banner tone="warning" heading={t('collisions.changed')} />}
      {take.error && !changed && <Failure error={take.error} />}
      <ul className="ways">
        {collision.ways.map((way) => (
          <li key={way.way + JSON.stringify(way.parameters)}>
            <div className="grow">
              {way.recommended && <Badge tone="success">{t('collisions.recommended')}</Badge>}{' '}
              {way.effects.map((effect) => (
                <span className="subdued" key={effect.rail}>
                  {t('collisions.effect', {
                    rail: t(`rails.${effect.rail}`),
                    units: effect.units > 0 ? `+${effect.units}` : number(effect.units),
                  })}{' '}
                </span>
              ))}
              {!way.ends_it && <span className="subdued">{t('collisions.partly')}</span>}
            </div>
            <Button
              primary={way.recommended}
              busy={take.isPending && take.variables === way}
              disabled={take.isPending}
              onClick={() => take.mutate(way)}
            >
              {name(way)}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Ended({ collision }: { collision: Collision }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  const who = collision.ended_by === 'system' ? t('collisions.system') : (collision.ended_by ?? '');
  return (
    <p className="subdued">
      {t('collisions.endedBy', { who, when: time(collision.ended_at) })} {collision.note}
    </p>
  );
}
