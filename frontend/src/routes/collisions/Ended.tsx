// How a collision ended: by whom, by which way, what that moved, and whether it held.
import { useTranslation } from 'react-i18next';
import type { Collision } from '../../api/types';
import { useWho } from '../../shell/session';
import { Badge, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Table } from '../../ui/patterns';
import { PaperLink } from '../PaperLink';
import { useStakeText, useWayName } from './Ways';

export function Ended({ collision }: { collision: Collision }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  const nameOf = useWayName();
  const stakeText = useStakeText();
  const { outcome } = collision;
  const who = useWho();
  return (
    <div>
      <p className="subdued">
        {t('collisions.endedBy', {
          who: who(collision.ended_by),
          when: time(collision.ended_at),
        })}{' '}
        {collision.note}
      </p>
      {outcome?.offered && (
        <p>
          <strong>{nameOf(outcome.offered, collision.kind)}</strong>{' '}
          <span className="subdued">
            {t('collisions.expectedThen')}{' '}
            {outcome.offered.stakes
              .map((one) => {
                const money =
                  one.amount !== null && one.currency !== null
                    ? { amount: one.amount, currency: one.currency }
                    : null;
                return `${t(`rails.${one.rail}`)}: ${stakeText({ ...one, money })}`;
              })
              .join(' ')}{' '}
            {t('collisions.notRealised')}
          </span>
        </p>
      )}
      {outcome?.offered?.effects.some((one) => one.document) && (
        <p>
          {outcome.offered.effects.map(
            (one) =>
              one.document && <PaperLink key={one.document.reference} paper={one.document} />,
          )}
        </p>
      )}
      {outcome?.opened_again && (
        <p>
          <Badge tone="warning">
            {t('collisions.openedAgain', { when: time(outcome.opened_again.opened_at) })}
          </Badge>
        </p>
      )}
      {outcome && outcome.movements.length > 0 && (
        <Table
          label={t('collisions.ledTo')}
          rows={outcome.movements}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'when',
              label: t('collisions.ledTo'),
              show: (row) => (
                <To to={`/stock/${collision.item.id}?as_of=${encodeURIComponent(row.recorded_at)}`}>
                  {time(row.recorded_at)}
                </To>
              ),
            },
            { key: 'units', label: t('item.quantity'), number: true, show: (row) => row.quantity },
            {
              key: 'sides',
              label: t('item.fromTo'),
              show: (row) =>
                `${t(`states.${row.from.state}`)} · ${row.from.location.name} → ${t(`states.${row.to.state}`)} · ${row.to.location.name}`,
            },
            {
              key: 'paper',
              label: t('item.paper'),
              show: (row) => (
                <span>
                  <PaperLink paper={row.document} />{' '}
                  {row.message_id && (
                    <To to={`/activity/${row.message_id}`}>
                      {t('item.message', { id: row.message_id })}
                    </To>
                  )}
                </span>
              ),
            },
          ]}
        />
      )}
    </div>
  );
}
