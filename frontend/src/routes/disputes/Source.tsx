// Who says so: the source of a rule of Amazon's, as it is written where it was found.
import { useTranslation } from 'react-i18next';

export function Source({ name }: { name: string }) {
  const { t } = useTranslation();
  return (
    <>
      {t('disputes.rule')} <span lang="en">{name}</span>
    </>
  );
}
