// A clock with both ends, and the rule that it is from.
import { useTranslation } from 'react-i18next';
import type { Clock } from '../../api/disputes';
import { Badge } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Figures } from '../../ui/patterns';
import { Source } from './Source';

const TONES = { early: 'info', open: 'success', late: 'warning', closed: 'critical' } as const;

export function ClockBadge({ clock }: { clock: Clock }) {
  const { t } = useTranslation();
  return <Badge tone={TONES[clock.state]}>{t(`disputes.clocks.${clock.state}`)}</Badge>;
}

/** The end that matters now: from when while it is early, until when afterwards. */
export function ClockLine({ clock }: { clock: Clock | null }) {
  const { t } = useTranslation();
  const { date } = useFormat();
  if (clock === null) return <>–</>;
  const end = clock.state === 'early' ? clock.opens_at : clock.closes_at;
  const word = clock.state === 'early' ? 'disputes.from' : 'disputes.until';
  return (
    <span>
      <ClockBadge clock={clock} />
      <div className="subdued">
        {end ? t(word, { at: date(end) }) : t('disputes.noEnd')}{' '}
        {!clock.verified && !clock.by_paper && `(${t('disputes.unverified')})`}
      </div>
    </span>
  );
}

export function ClockFigures({ clock, attemptsLeft }: { clock: Clock; attemptsLeft: number }) {
  const { t } = useTranslation();
  const { date, number } = useFormat();
  return (
    <>
      <Figures
        figures={[
          { label: t('disputes.clock'), value: <ClockBadge clock={clock} /> },
          { label: t('disputes.notBefore'), value: date(clock.opens_at) },
          { label: t('disputes.advisedBy'), value: date(clock.advised_by) },
          {
            label: t('disputes.notAfter'),
            value: clock.closes_at ? date(clock.closes_at) : t('disputes.noEnd'),
          },
          {
            label: t('disputes.attemptsLeft'),
            value: t('disputes.ofAttempts', {
              left: number(attemptsLeft),
              all: number(clock.attempts),
            }),
          },
        ]}
      />
      <p className="subdued">
        {clock.by_paper ? t('disputes.byPaper') : <Source name={clock.source} />}{' '}
        {!clock.verified && !clock.by_paper && (
          <Badge tone="warning">{t('disputes.unverified')}</Badge>
        )}
      </p>
    </>
  );
}
