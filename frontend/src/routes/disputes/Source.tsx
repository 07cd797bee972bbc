// Who says so: the source of a rule of Amazon's. One of a rule of your own is quoted as you wrote it.
import { useTranslation } from 'react-i18next';
import { useSaid } from '../../i18n/useSaid';

export function Source({ name }: { name: string }) {
  const { t } = useTranslation();
  const said = useSaid();
  return (
    <>
      {t('disputes.rule')} {said(name)}
    </>
  );
}
