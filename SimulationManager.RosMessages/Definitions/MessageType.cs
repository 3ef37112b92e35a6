namespace SimulationManager.RosMessages;

/// <summary>A field of a message type.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Type">The field's type.</param>
/// <param name="Default">Value where a message names none, as <see cref="RosMessage"/> holds it; null for zero or empty.</param>
public sealed record MessageField(string Name, FieldType Type, object? Default = null);

/// <summary>A constant of a message type.</summary>
/// <param name="Name">The constant's name.</param>
/// <param name="Type">The constant's type.</param>
/// <param name="Value">The constant's value, as <see cref="RosMessage"/> would hold it.</param>
public sealed record MessageConstant(string Name, FieldType Type, object Value);

/// <summary>A message type: its fields in the order in which they are serialized, and its constants.</summary>
public sealed class MessageType
{
    /// <summary>
    /// The field that rosidl puts into a message without fields, since IDL knows no empty structure: one byte on the wire, part of
    /// the type hash, not part of the message's value (design.ros2.org, "legacy interface definition").
    /// </summary>
    internal const string Placeholder = "structure_needs_at_least_one_member";

    internal MessageType(string name, IReadOnlyList<MessageField> fields, IReadOnlyList<MessageConstant> constants)
    {
        Name = name;
        Fields = fields.Count > 0 ? fields : [new MessageField(Placeholder, new FieldType { Kind = FieldKind.UInt8 })];
        Constants = constants;
    }

    /// <summary>The type's name, <c>package/msg/Type</c> (or <c>/srv/</c>, <c>/action/</c>).</summary>
    public string Name { get; }

    /// <summary>The fields, in the order in which they are serialized.</summary>
    public IReadOnlyList<MessageField> Fields { get; }

    /// <summary>The constants.</summary>
    public IReadOnlyList<MessageConstant> Constants { get; }

    /// <summary>Index of a field in <see cref="Fields"/>, or -1.</summary>
    /// <param name="name">The field's name.</param>
    public int FindField(string name)
    {
        for (var i = 0; i < Fields.Count; i++)
        {
            if (Fields[i].Name == name)
                return i;
        }

        return -1;
    }
}
