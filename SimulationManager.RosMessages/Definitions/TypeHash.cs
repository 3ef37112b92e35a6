using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SimulationManager.RosMessages;

/// <summary>
/// Computes the type hashes that ROS 2 names types by since Iron: RIHS01, the SHA-256 of a JSON description of the type and of
/// those that it uses (REP-2016; the JSON's exact form is that of rosidl_generator_type_description). Names, order and types of
/// fields count; constants, defaults and comments do not.
/// </summary>
public static class TypeHash
{
    private const string Prefix = "RIHS01_";

    /// <summary>The hash of a type, <c>RIHS01_</c> and 64 hexadecimal digits.</summary>
    /// <param name="schema">The type.</param>
    public static string Compute(MessageSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Describe(schema))));
    }

    /// <summary>The hashed JSON. All names are identifiers, so that nothing needs to be escaped.</summary>
    internal static string Describe(MessageSchema schema)
    {
        var json = new StringBuilder("{\"type_description\": ");
        Append(json, schema.Root);
        json.Append(", \"referenced_type_descriptions\": [");
        var separator = "";
        foreach (var type in schema.Types.Where(type => type != schema.Root).OrderBy(type => type.Name, StringComparer.Ordinal))
        {
            json.Append(separator);
            Append(json, type);
            separator = ", ";
        }

        return json.Append("]}").ToString();
    }

    private static void Append(StringBuilder json, MessageType type)
    {
        json.Append("{\"type_name\": \"").Append(type.Name).Append("\", \"fields\": [");
        for (var i = 0; i < type.Fields.Count; i++)
        {
            var field = type.Fields[i];
            json.Append(i > 0 ? ", " : "").Append(CultureInfo.InvariantCulture,
                $$"""{"name": "{{field.Name}}", "type": {"type_id": {{TypeId(field.Type)}}, "capacity": {{field.Type.ArraySize}}, "string_capacity": {{field.Type.StringBound}}, "nested_type_name": "{{field.Type.MessageName}}"}""");
            json.Append('}');
        }

        json.Append("]}");
    }

    /// <summary>The constant of <c>type_description_interfaces/msg/FieldType</c>.</summary>
    private static int TypeId(FieldType type)
    {
        var element = type.Kind switch
        {
            FieldKind.Message => 1,
            FieldKind.Int8 => 2,
            FieldKind.UInt8 => 3,
            FieldKind.Int16 => 4,
            FieldKind.UInt16 => 5,
            FieldKind.Int32 => 6,
            FieldKind.UInt32 => 7,
            FieldKind.Int64 => 8,
            FieldKind.UInt64 => 9,
            FieldKind.Float32 => 10,
            FieldKind.Float64 => 11,
            FieldKind.Char => 13,
            FieldKind.WChar => 14,
            FieldKind.Bool => 15,
            FieldKind.Byte => 16,
            FieldKind.String => type.StringBound > 0 ? 21 : 17,
            FieldKind.WString => type.StringBound > 0 ? 22 : 18,
            _ => throw new InvalidOperationException($"{type.Kind} has no id."),
        };
        return element + type.Array switch { ArrayKind.Fixed => 48, ArrayKind.Bounded => 96, ArrayKind.Unbounded => 144, _ => 0 };
    }
}
