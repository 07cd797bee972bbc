// The ways out of one collision: what each does to both rails, what it loses, until when, one click.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, send } from '../../api/client';
import type { Collision, Money, Way } from '../../api/types';
import { toast } from '../../shell/appBridge';
import { Badge, Banner, Button } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure } from '../../ui/patterns';

const RAILS = ['dtc', 'amazon'];

export function Ways({ collision }: { collision: Collision }) {
  const { t } = useTranslation();
  const nameOf = useWayName();
  const { time } = useFormat();
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
  return (
    <div>
      <h3>{t('collisions.waysOut')}</h3>
      {changed && <Banner tone="warning" heading={t('collisions.changed')} />}
      {take.error && !changed && <Failure error={take.error} />}
      <ul className="ways">
        {collision.ways.map((way) => (
          <li key={way.way + JSON.stringify(way.parameters)}>
            <div className="grow">
              {way.recommended && (
                <div>
                  <Badge tone="success">{t('collisions.recommended')}</Badge>{' '}
                  <span className="subdued">{t(`collisions.because.${way.because}`)}</span>
                </div>
              )}
              <Consequences way={way} />
              {(way.until || !way.ends_it) && (
                <div className="subdued">
                  {way.until && t('collisions.possibleUntil', { when: time(way.until) })}{' '}
                  {!way.ends_it && t('collisions.partly')}
                </div>
              )}
            </div>
            <Button
              primary={way.recommended}
              busy={take.isPending && take.variables === way}
              disabled={take.isPending}
              onClick={() => take.mutate(way)}
            >
              {nameOf(way, collision.kind)}
            </Button>
          </li>
        ))}
        {collision.barred.map((one) => (
          <li key={one.way + one.document.reference + one.line} className="subdued">
            <div className="grow">
              {t(`collisions.barred.${one.way}`, { paper: one.document.title })}{' '}
              {t(`collisions.barredBecause.${one.because}`, {
                when: one.since && time(one.since),
              })}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What a way is called; with its units, places and days filled in. */
export function useWayName() {
  const { t } = useTranslation();
  const { number, date } = useFormat();
  return (
    way: { way: string; units: number; parameters: Way['parameters'] },
    kind: Collision['kind'],
  ) => {
    const { parameters } = way;
    const leave = way.way === 'accept' && kind !== 'oversold';
    return t(`collisions.ways.${leave ? `leave_${kind}` : way.way}`, {
      count: way.units,
      units: number(way.units),
      less: number(Number(parameters.less ?? 0)),
      backorder: number(Number(parameters.backorder ?? 0)),
      place: parameters.from_location,
      paper: String(parameters.document_reference ?? '')
        .split(':')
        .at(-1),
      arrivals: parameters.arrivals,
      day: date(parameters.on ? String(parameters.on) : null),
    });
  };
}

function Consequences({ way }: { way: Way }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const stakeText = useStakeText();
  return (
    <>
      {RAILS.map((rail) => {
        const units = way.effects
          .filter((effect) => effect.rail === rail)
          .reduce((sum, effect) => sum + effect.units, 0);
        const stakes = way.stakes.filter((stake) => stake.rail === rail);
        if (units === 0 && stakes.length === 0) return null;
        return (
          <div key={rail}>
            <strong>{t(`rails.${rail}`)}</strong>{' '}
            {units !== 0 &&
              t(`collisions.effect.${units > 0 ? 'more' : 'less'}`, {
                count: Math.abs(units),
                units: number(Math.abs(units)),
              })}{' '}
            <span className="subdued">{stakes.map(stakeText).join(' ')}</span>
          </div>
        );
      })}
    </>
  );
}

/** What is lost, or what is not known, in words. */
export function useStakeText() {
  const { t } = useTranslation();
  const { money } = useFormat();
  return (stake: {
    reason: string;
    money: Money | null;
    missing: string | null;
    verified: boolean;
  }) => {
    if (stake.missing) return t(`collisions.missing.${stake.missing}`);
    if (!stake.money || Number(stake.money.amount) === 0) return t('collisions.losesNothing');
    // A loss is an amount below zero; in a sentence that says "loses" it stands without its sign.
    const amount = stake.money.amount.replace(/^-/, '');
    const lost = t(`collisions.stakes.${stake.reason}`, {
      money: money({ ...stake.money, amount }),
    });
    return stake.verified ? lost : `${lost} (${t('collisions.unverified')})`;
  };
}
