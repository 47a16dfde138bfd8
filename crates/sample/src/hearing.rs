//! What a person hears in the recordings and writes down. Every company and
//! number named is made up; the wording is what such calls sound like.

use baitline_domain::label::LabelKind;

/// One way a recorded call goes, as a person labels it.
#[derive(Debug, PartialEq, Eq)]
pub struct Hearing {
    /// What kind of call it was.
    pub kind: LabelKind,
    /// Whether a machine spoke.
    pub robot: bool,
    /// Whether the bait's user agreed to be called again.
    pub consent_given: bool,
    /// Whether the bait's user asked to stop.
    pub stop_demanded: bool,
    /// The company the caller named.
    pub company: Option<&'static str>,
    /// The number the caller named for calling back, E.164 without the plus.
    pub callback_number: Option<u64>,
    /// The site the caller named.
    pub site: Option<&'static str>,
    /// Where the caller said the number came from.
    pub number_origin: Option<&'static str>,
    /// Word for word.
    pub transcript: &'static str,
}

/// What the hearings below do not say.
const SILENT: Hearing = Hearing {
    kind: LabelKind::Unclear,
    robot: false,
    consent_given: false,
    stop_demanded: false,
    company: None,
    callback_number: None,
    site: None,
    number_origin: None,
    transcript: "",
};

/// The window maker of the next two.
const WINDOW_MAKER: Hearing = Hearing {
    kind: LabelKind::Advertising,
    company: Some("ООО «Образец-Окна»"),
    callback_number: Some(74_950_009_101),
    site: Some("obrazets-okna.example"),
    ..SILENT
};

/// A window maker's call centre.
pub static WINDOWS: Hearing = Hearing {
    transcript: "— Добрый день! Компания «Образец-Окна», меня зовут Анна. Вы интересовались \
        остеклением балкона?\n— Откуда у вас мой номер?\n— У нас до конца недели скидка тридцать \
        процентов на пластиковые окна, замер бесплатно. Записать вас?\n— Нет, спасибо.",
    ..WINDOW_MAKER
};

/// The same, where the caller says where the number came from.
pub static WINDOWS_FROM_PARTNERS: Hearing = Hearing {
    number_origin: Some("«номер взяли у партнёров»"),
    transcript: "— Здравствуйте, это «Образец-Окна». Вы сегодня смотрели пластиковые окна, верно?\n\
        — Смотрел, но не у вас. Откуда у вас номер?\n— Номер взяли у партнёров, они передают нам \
        заявки. Могу предложить бесплатный замер на завтра.\n— Не нужно.",
    ..WINDOW_MAKER
};

/// A call centre that sells to anybody.
pub static ANY_SERVICE: Hearing = Hearing {
    kind: LabelKind::Advertising,
    company: Some("Служба подбора «Пример»"),
    callback_number: Some(74_950_009_202),
    transcript: "— Добрый день, служба подбора «Пример». Вы недавно искали услуги в своём районе. \
        Наши специалисты сделают то же самое на двадцать процентов дешевле. Удобно сейчас \
        говорить?\n— Неудобно.\n— Тогда перезвоните нам, номер девяносто два — ноль два.",
    ..SILENT
};

/// The same, where the user asks to stop.
pub static ANY_SERVICE_STOP: Hearing = Hearing {
    kind: LabelKind::Advertising,
    stop_demanded: true,
    company: Some("Служба подбора «Пример»"),
    number_origin: Some("«из открытых источников»"),
    transcript: "— Здравствуйте, служба подбора «Пример», у нас для вас выгодное предложение.\n— Не \
        звоните мне больше. Откуда у вас номер?\n— Из открытых источников.\n— Я требую прекратить \
        звонки.\n— Хорошо, до свидания.",
    ..SILENT
};

/// A machine that offers a dentist's services.
pub static DENTAL_ROBOT: Hearing = Hearing {
    kind: LabelKind::Advertising,
    robot: true,
    company: Some("Клиника «Пример-Дент»"),
    site: Some("primer-dent.example"),
    transcript: "— Здравствуйте! Вас приветствует клиника «Пример-Дент». Только в этом месяце \
        имплантация под ключ со скидкой. Скажите «да», и оператор перезвонит вам. … Я вас не \
        расслышала. Скажите «да» или «нет».",
    ..SILENT
};

/// A person who offers a dentist's services.
pub static DENTAL: Hearing = Hearing {
    kind: LabelKind::Advertising,
    company: Some("Клиника «Пример-Дент»"),
    callback_number: Some(74_950_009_303),
    transcript: "— Добрый день, клиника «Пример-Дент». Вы искали стоматолога? Приглашаем на \
        бесплатную консультацию и снимок.\n— Я уже записан в другую клинику.\n— У нас дешевле, \
        давайте я вас запишу.",
    ..SILENT
};

/// A garage.
pub static GARAGE: Hearing = Hearing {
    kind: LabelKind::Advertising,
    company: Some("«Демо-Авто»"),
    callback_number: Some(74_950_009_404),
    transcript: "— Алло, «Демо-Авто», сервис и шиномонтаж. Вам нужна диагностика подвески? Сегодня \
        бесплатно при замене масла.\n— Нет, не нужна.",
    ..SILENT
};

/// A courier: no advertising.
pub static COURIER: Hearing = Hearing {
    kind: LabelKind::Service,
    transcript: "— Здравствуйте, курьер. У вас посылка, буду через двадцать минут, подъезд два?\n— \
        Да, второй.",
    ..SILENT
};

/// A bank about a card: no advertising.
pub static BANK: Hearing = Hearing {
    kind: LabelKind::Service,
    transcript: "— Добрый день, банк. Ваша карта готова, её можно забрать в отделении до пятницы.\n\
        — Понял, спасибо.",
    ..SILENT
};

/// A shop that the user allows to call again.
pub static SHOP_WITH_CONSENT: Hearing = Hearing {
    kind: LabelKind::Service,
    consent_given: true,
    transcript: "— Магазин «Пример», ваш заказ собран. Можно звонить вам с новостями о скидках?\n— \
        Да, звоните.",
    ..SILENT
};

/// Somebody who wanted somebody else.
pub static WRONG_NUMBER: Hearing = Hearing {
    kind: LabelKind::WrongNumber,
    transcript: "— Алло, Сергей?\n— Вы ошиблись номером.\n— Извините.",
    ..SILENT
};

/// Silence and noise.
pub static NOISE: Hearing =
    Hearing { transcript: "(тишина, затем отбой)", ..SILENT };

/// A colleague from a private phone.
pub static COLLEAGUE: Hearing = Hearing {
    kind: LabelKind::OwnSide,
    transcript: "— Это я, с личного. Проверка связи, запись идёт?\n— Идёт.",
    ..SILENT
};

/// What the callers of the tail say, roughly as often as in life.
pub static TAIL: [&Hearing; 10] = [
    &WINDOWS,
    &WINDOWS_FROM_PARTNERS,
    &ANY_SERVICE,
    &DENTAL,
    &DENTAL_ROBOT,
    &GARAGE,
    &COURIER,
    &WRONG_NUMBER,
    &NOISE,
    &COLLEAGUE,
];
