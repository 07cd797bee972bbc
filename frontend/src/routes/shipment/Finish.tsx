// The end of the packing table: send the notice, let the truck go, correct or cancel.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Shipment } from '../../api/shipping';
import { toast } from '../../shell/appBridge';
import { Banner, Button, Card, Checkbox } from '../../ui/elements';
import { Failure } from '../../ui/patterns';
import { useStep } from './change';

export function Finish({ shipment }: { shipment: Shipment }) {
  if (shipment.state === 'cancelled') return null;
  return shipment.may_be_changed ? <Send shipment={shipment} /> : <After shipment={shipment} />;
}

function Send({ shipment }: { shipment: Shipment }) {
  const { t } = useTranslation();
  const [releaseRest, setReleaseRest] = useState(false);
  const step = useStep(shipment);
  const send = useStep(shipment, () => toast(t('orders.shippedDone')));
  const blocked = shipment.findings.filter((one) => one.severity === 'block').length;
  const warnings = shipment.findings.length - blocked;
  const words = warnings ? t('shipping.sendDespite', { count: warnings }) : t('shipping.send');
  const failed = send.error ?? step.error;
  return (
    <Card heading={t('shipping.finish')}>
      {failed && <Failure error={failed} />}
      {blocked > 0 && (
        <Banner tone="critical" heading={t('shipping.blocked', { count: blocked })} />
      )}
      <p className="subdued">
        {t(shipment.is_correcting ? 'shipping.replaceHint' : 'shipping.sendHint')}
      </p>
      <Checkbox label={t('orders.releaseRest')} checked={releaseRest} onChange={setReleaseRest} />
      <div className="buttons large">
        <Button
          primary
          busy={send.isPending}
          disabled={blocked > 0}
          onClick={() =>
            send.mutate({
              method: 'POST',
              path: '/send',
              body: { despite_warnings: warnings > 0, release_rest: releaseRest },
            })
          }
        >
          {words}
        </Button>
        {shipment.is_correcting ? (
          <Button onClick={() => step.mutate({ method: 'DELETE', path: '/correct' })}>
            {t('shipping.forget')}
          </Button>
        ) : (
          <Button
            busy={step.isPending}
            onClick={() => step.mutate({ method: 'POST', path: '/cancel' })}
          >
            {t('shipping.cancel')}
          </Button>
        )}
      </div>
    </Card>
  );
}

function After({ shipment }: { shipment: Shipment }) {
  const { t } = useTranslation();
  const step = useStep(shipment);
  const isWaiting = shipment.waits_for_a_person;
  const settled = shipment.state === 'accepted' || shipment.state === 'failed' || isWaiting;
  return (
    <Card heading={t('shipping.finish')}>
      {step.error && <Failure error={step.error} />}
      <p className="subdued">
        {t(isWaiting ? 'handOver.after' : `shipping.after.${shipment.state}`)}
      </p>
      <div className="buttons large">
        {!shipment.departed_at && (
          <Button
            primary={shipment.state === 'accepted'}
            busy={step.isPending}
            onClick={() => step.mutate({ method: 'POST', path: '/depart' })}
          >
            {t('shipping.depart')}
          </Button>
        )}
        {settled && (
          <Button onClick={() => step.mutate({ method: 'POST', path: '/correct' })}>
            {t('shipping.correct')}
          </Button>
        )}
        {!shipment.accepted_at && (
          <Button onClick={() => step.mutate({ method: 'POST', path: '/cancel' })}>
            {t('shipping.cancel')}
          </Button>
        )}
      </div>
    </Card>
  );
}
