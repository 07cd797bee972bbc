// What Amazon has not taken yet: how often it was tried, why it did not go, and when it is tried again.
import { useTranslation } from 'react-i18next';
import { useResource } from '../api/queries';
import type { MessageDetail } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { Banner, To } from '../ui/elements';
import { useFormat } from '../ui/format';

export function Retrying({ message }: { message: number | null }) {
  return message === null ? null : <OfMessage id={message} />;
}

function OfMessage({ id }: { id: number }) {
  const { t } = useTranslation();
  const said = useSaid();
  const { time } = useFormat();
  const { data } = useResource<MessageDetail>(`/messages/${id}`, {}, true);
  // What may have arrived is looked up before it is sent again, and counts as a new attempt then.
  const failures = data?.history.filter((one) => one.error !== null) ?? [];
  const failed = failures.at(-1);
  if (data?.state !== 'waiting' || !failed) return null;
  return (
    <Banner
      tone="warning"
      heading={t('retrying.title', { count: failures.length, when: time(data.due_at) })}
      action={<To to={`/activity/${id}`}>{t('retrying.open')}</To>}
    >
      {said(failed.error)} {t('retrying.nothing')}
    </Banner>
  );
}
