// A changed answer to Amazon: until when it is taken, what the first one does not speak of, the form.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PurchaseOrder } from '../../api/types';
import { Badge, Banner, Button, Card } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { TimeLeft } from '../../ui/TimeLeft';
import { Acknowledge } from './Acknowledge';

export function AnswerAgain({ order }: { order: PurchaseOrder }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const [isOpen, setOpen] = useState(false);
  const isOver = new Date(order.changes_until) < new Date();
  return (
    <>
      {order.added > 0 && (
        <Banner
          tone="warning"
          heading={t('answerAgain.added', { count: order.added, units: number(order.added) })}
        >
          {t('answerAgain.addedHint')}
        </Banner>
      )}
      <Card heading={t('answerAgain.title')}>
        <p>
          {isOver ? (
            <Badge tone="warning">{t('answerAgain.over')}</Badge>
          ) : (
            <>
              {t('answerAgain.until')} <TimeLeft by={order.changes_until} />
            </>
          )}
        </p>
        <p className="subdued">{t('answerAgain.hint')}</p>
        <Button onClick={() => setOpen(!isOpen)}>
          {t(isOpen ? 'common.cancel' : 'answerAgain.change')}
        </Button>
      </Card>
      {isOpen && <Acknowledge order={order} onDone={() => setOpen(false)} />}
    </>
  );
}
