namespace SimulationManager.RosMessages;

/// <summary>
/// A decoded message. Values are held as <see cref="bool"/>, <see cref="byte"/> (also for <c>byte</c> and <c>char</c>),
/// <see cref="sbyte"/> … <see cref="ulong"/>, <see cref="float"/>, <see cref="double"/>, <see cref="string"/> and
/// <see cref="RosMessage"/>, arrays of any length as .NET arrays of these. Bytes of a string that are not UTF-8 are the lone surrogates U+DC80
/// to U+DCFF, so that encoding restores them.
/// </summary>
public sealed class RosMessage
{
    internal RosMessage(MessageType type, object?[] values)
    {
        Type = type;
        FieldValues = values;
    }

    /// <summary>The message's type.</summary>
    public MessageType Type { get; }

    /// <summary>The values in the order of the type's fields; null stands for zero or empty.</summary>
    internal object?[] FieldValues { get; }

    /// <summary>The value of a field. A value that is set is checked when the message is encoded.</summary>
    /// <param name="field">The field's name.</param>
    /// <exception cref="RosMessageException">There is no such field.</exception>
    public object? this[string field]
    {
        get => FieldValues[IndexOf(field)];
        set => FieldValues[IndexOf(field)] = value;
    }

    /// <summary>The value of a field in nested messages.</summary>
    /// <typeparam name="T">The type that holds the value.</typeparam>
    /// <param name="path">Names joined by dots, such as <c>header.frame_id</c>.</param>
    /// <exception cref="RosMessageException">There is no such field, or it has another type.</exception>
    public T Get<T>(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        object? value = this;
        foreach (var name in path.Split('.'))
            value = value is RosMessage message ? message[name] : throw Unsuitable(path);
        return value is T typed ? typed : throw Unsuitable(path);
    }

    private int IndexOf(string field) => Type.FindField(field) is >= 0 and var index ? index : throw Unsuitable(field);

    private RosMessageException Unsuitable(string path) =>
        new(RosMessageError.FieldUnsuitable, $"{Type.Name} has no field {path}, or it holds another type.");
}
