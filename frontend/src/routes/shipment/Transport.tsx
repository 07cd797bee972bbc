// Where Amazon pays the freight: asking it to collect the shipment, and what it has arranged.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Shipment } from '../../api/shipping';
import { useSaid } from '../../i18n/useSaid';
import { Badge, Button, Card } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure } from '../../ui/patterns';
import { useStep } from './change';

export function Transport({ shipment }: { shipment: Shipment }) {
  const { t } = useTranslation();
  const said = useSaid();
  const { time } = useFormat();
  const step = useStep(shipment);
  const asked = shipment.transport;
  const isOpen = asked?.transaction_type === 'New' && asked.state !== 'failed';
  return (
    <Card heading={t('shipping.transport')}>
      {step.error && <Failure error={step.error} />}
      {asked && (
        <p>
          <Badge tone={asked.state === 'failed' ? 'critical' : 'info'}>
            {t(`shipping.requests.${asked.transaction_type}`)} ·{' '}
            {t(`shipping.states.${asked.state}`)}
          </Badge>{' '}
          {asked.status && t(`shipping.statuses.${asked.status}`)}{' '}
          {asked.scheduled_pickup_at &&
            t('shipping.pickup', { when: time(asked.scheduled_pickup_at) })}
          {asked.error && <span className="negative">{said(asked.error)}</span>}
        </p>
      )}
      {isOpen ? (
        asked?.state === 'accepted' && (
          <Button
            busy={step.isPending}
            onClick={() => step.mutate({ method: 'DELETE', path: '/transport' })}
          >
            {t('shipping.cancelTransport')}
          </Button>
        )
      ) : (
        <Ask shipment={shipment} />
      )}
    </Card>
  );
}

function Ask({ shipment }: { shipment: Shipment }) {
  const { t } = useTranslation();
  const { fromInput } = useFormat();
  const step = useStep(shipment);
  const [pickup, setPickup] = useState('');
  return (
    <div>
      {step.error && <Failure error={step.error} />}
      <p className="subdued">{t('shipping.transportHint')}</p>
      <div className="filters tight">
        <label className="plain">
          {t('shipping.readyFrom')}
          <input
            type="datetime-local"
            value={pickup}
            onChange={(event) => setPickup(event.target.value)}
          />
        </label>
        <Button
          busy={step.isPending}
          disabled={!pickup}
          onClick={() =>
            step.mutate({
              method: 'POST',
              path: '/transport',
              body: { pickup_at: fromInput(pickup) },
            })
          }
        >
          {t('shipping.askTransport')}
        </Button>
      </div>
    </div>
  );
}
