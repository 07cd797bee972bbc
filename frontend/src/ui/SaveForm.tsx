// A form of settings. From the first change on, the admin shows its own bar to save or discard, and asks
// before somebody leaves the screen with changes.
import { type ReactNode, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './elements';

export function SaveForm(props: {
  busy: boolean;
  onSave: () => void;
  onDiscard: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const form = useRef<HTMLFormElement>(null);
  return (
    <form
      ref={form}
      className="saved"
      data-save-bar=""
      onSubmit={(event) => {
        event.preventDefault();
        props.onSave();
      }}
      // What the fields show is ours to set back.
      onReset={(event) => {
        event.preventDefault();
        props.onDiscard();
      }}
    >
      {props.children}
      <div className="buttons">
        <Button primary busy={props.busy} onClick={() => form.current?.requestSubmit()}>
          {t('common.save')}
        </Button>
      </div>
    </form>
  );
}
