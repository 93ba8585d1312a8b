package bot

import (
	"context"
	"slices"
)

// localise writes out the tokens that a platform cannot draw: people and rooms
// of other platforms, by their names.
func localise(ctx context.Context, r Reader, platform string, p Post) Post {
	p.Text, p.Small = localText(ctx, r, platform, p.Text), localText(ctx, r, platform, p.Small)
	p.Fields = slices.Clone(p.Fields)
	for i := range p.Fields {
		p.Fields[i].Value = localText(ctx, r, platform, p.Fields[i].Value)
	}
	return p
}

// localReply is localise for all that a reply shows.
func localReply(ctx context.Context, r Reader, platform string, reply Reply) Reply {
	if reply.Post != nil {
		p := localise(ctx, r, platform, *reply.Post)
		reply.Post = &p
	}
	if reply.Form != nil {
		f := *reply.Form
		f.Intro = localText(ctx, r, platform, f.Intro)
		reply.Form = &f
	}
	if len(reply.Errors) > 0 {
		errors := map[string]string{}
		for field, words := range reply.Errors {
			errors[field] = localText(ctx, r, platform, words)
		}
		reply.Errors = errors
	}
	return reply
}

func localText(ctx context.Context, r Reader, platform, text string) string {
	return ReplaceTokens(text, func(t Token) string {
		if t.Kind == "home" {
			name, _ := HomeOf(ctx, r, t.ID) // unread, it is named by its id
			return Plain(name)
		}
		if of, _ := split(t.ID); t.Kind == "time" || of == platform {
			return "<!" + t.Kind + ":" + t.ID + ">"
		}
		return nameOf(ctx, r, t)
	})
}

// nameOf is what a token for a person or a room is called elsewhere.
func nameOf(ctx context.Context, r Reader, t Token) string {
	if t.Kind == "room" {
		room, _ := RoomOf(ctx, r, RoomID(t.ID)) // unread, it is named by its id
		return Plain(room.Name)
	}
	person, _ := PersonOf(ctx, r, UserID(t.ID))
	return Plain(person.Called())
}

// fillForm offers all rooms that the bot knows where a form asks for rooms, since
// an hour can span platforms and a platform's own picker cannot.
func fillForm(ctx context.Context, tx *Tx, f *Form) error {
	if f == nil || !slices.ContainsFunc(f.Fields, func(x FormField) bool { return x.Kind == Rooms && x.Options == nil }) {
		return nil
	}
	rooms, err := Find[Room](ctx, tx, "rooms")
	if err != nil {
		return err
	}
	var options []Option
	for _, r := range rooms {
		home, err := HomeOf(ctx, tx, r.Room.Platform())
		if err != nil {
			return err
		}
		options = append(options, Option{Label: r.Name + " (" + home + ")", Value: InRoom(r.Room)})
	}
	for i := range f.Fields {
		if f.Fields[i].Kind == Rooms {
			f.Fields[i].Options = options
		}
	}
	return nil
}
