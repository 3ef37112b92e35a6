using System.Runtime.InteropServices;

namespace SimulationManager.RosMessages;

/// <summary>
/// Reads one field out of payloads of a type, without decoding the rest and without allocating. What lies before the field is
/// worked out once: where that always takes the same room, the field is read at a fixed offset; else strings and sequences before
/// it are passed over by their lengths. Immutable; shared freely between threads.
/// </summary>
public sealed class FieldAccessor
{
    private readonly FieldLayout _field;
    private readonly string _path;
    private readonly WideStringForm _wideStrings;
    private readonly Prefix _version1;
    private readonly Prefix _version2;
    private readonly int _float64Count;

    /// <summary>Works out where a field lies.</summary>
    /// <param name="schema">The message type.</param>
    /// <param name="path">The field's name, behind those of the messages that it is in, joined by dots: <c>header.stamp</c>, <c>pose.pose</c>.</param>
    /// <param name="wideStrings">How payloads hold <c>wstring</c>s.</param>
    /// <exception cref="RosMessageException">There is no such field, or it lies in an array.</exception>
    public FieldAccessor(MessageSchema schema, string path, WideStringForm wideStrings = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(path);
        var layout = MessageLayout.Of(schema);
        var fields = Find(layout, path);
        _field = fields[^1];
        _path = $"{schema.Root.Name}.{path}";
        _wideStrings = wideStrings;
        _version1 = new Prefix(LayoutProgram.Before(layout, fields, maxAlignment: 8));
        _version2 = new Prefix(LayoutProgram.Before(layout, fields, maxAlignment: 4));
        _float64Count = CountFloat64(_field);
    }

    /// <summary>Reads a number or a <c>bool</c>.</summary>
    /// <typeparam name="T">The type that holds the field's value (see <see cref="RosMessage"/>).</typeparam>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <exception cref="RosMessageException">The field has another type, or the payload is cut off or damaged.</exception>
    public T Read<T>(ReadOnlySpan<byte> payload)
        where T : unmanaged
    {
        if (_field.IsArray || _field.PrimitiveSize == 0 || typeof(T) != Values.TypeOf(_field.Kind))
            throw Unsuitable(typeof(T).Name);
        var reader = Locate(payload);
        if (typeof(T) == typeof(bool))
            return (T)(object)reader.ReadBool();
        return reader.Read<T>();
    }

    /// <summary>Whether the field is one number, of whatever type, so that <see cref="ReadNumber"/> can read it.</summary>
    public bool IsNumber => !_field.IsArray && _field.PrimitiveSize > 0 && _field.Kind != FieldKind.Bool;

    /// <summary>Reads a number of whatever type; integers of 64 bits are rounded to a <c>float64</c>.</summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <exception cref="RosMessageException">The field is no number, or the payload is cut off or damaged.</exception>
    public double ReadNumber(ReadOnlySpan<byte> payload)
    {
        if (!IsNumber)
            throw Unsuitable("number");
        var reader = Locate(payload);
        return _field.Kind switch
        {
            FieldKind.Float64 => reader.Read<double>(),
            FieldKind.Float32 => reader.Read<float>(),
            FieldKind.Int8 => reader.Read<sbyte>(),
            FieldKind.Int16 => reader.Read<short>(),
            FieldKind.UInt16 => reader.Read<ushort>(),
            FieldKind.Int32 => reader.Read<int>(),
            FieldKind.UInt32 => reader.Read<uint>(),
            FieldKind.Int64 => reader.Read<long>(),
            FieldKind.UInt64 => reader.Read<ulong>(),
            _ => reader.Read<byte>(),
        };
    }

    /// <summary>Whether <see cref="ReadPose"/> can read the field.</summary>
    public bool IsPose => !_field.IsArray && _field.Nested?.Type.Name is "geometry_msgs/msg/Pose" or "geometry_msgs/msg/Transform" && _float64Count == 7;

    /// <summary>The message type of the field, or null if it is none or an array of them.</summary>
    public string? MessageType => _field.IsArray ? null : _field.Nested?.Type.Name;

    /// <summary>Reads a <c>builtin_interfaces/Time</c> or <c>Duration</c>, such as <c>header.stamp</c>.</summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <returns>Nanoseconds, since the Unix epoch if it is a time.</returns>
    /// <exception cref="RosMessageException">The field has another type, or the payload is cut off or damaged.</exception>
    public long ReadNanoseconds(ReadOnlySpan<byte> payload)
    {
        if (_field is not { IsArray: false, Nested.Type.Name: "builtin_interfaces/msg/Time" or "builtin_interfaces/msg/Duration" })
            throw Unsuitable("time");
        var reader = Locate(payload);
        return Stamp.Read(ref reader);
    }

    /// <summary>Reads a <c>string</c>, such as <c>header.frame_id</c>.</summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <returns>The string's bytes in the payload, UTF-8 by convention, without the closing zero.</returns>
    /// <exception cref="RosMessageException">The field has another type, or the payload is cut off or damaged.</exception>
    public ReadOnlySpan<byte> ReadText(ReadOnlySpan<byte> payload)
    {
        if (_field.IsArray || _field.Kind != FieldKind.String)
            throw Unsuitable("string");
        var reader = Locate(payload);
        return reader.ReadText(_field.StringBound);
    }

    /// <summary>Reads a <c>geometry_msgs/Pose</c> or <c>geometry_msgs/Transform</c>.</summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <exception cref="RosMessageException">The field has another type, or the payload is cut off or damaged.</exception>
    public Pose ReadPose(ReadOnlySpan<byte> payload)
    {
        if (!IsPose)
            throw Unsuitable("pose");
        var reader = Locate(payload);
        return Pose.Read(ref reader);
    }

    /// <summary>Reads <c>float64</c>s: an array of them, or a message of nothing else, such as a covariance, a point or a twist.</summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <param name="destination">Takes the numbers.</param>
    /// <returns>How many there are. If the destination is shorter, it holds the first.</returns>
    /// <exception cref="RosMessageException">The field has another type, or the payload is cut off or damaged.</exception>
    public int ReadFloat64s(ReadOnlySpan<byte> payload, Span<double> destination)
    {
        if (_float64Count < 0)
            throw Unsuitable("float64s");
        var reader = Locate(payload);
        var count = _float64Count > 0 ? _float64Count : reader.ReadCount(_field.Bound, sizeof(double));
        var numbers = MemoryMarshal.Cast<byte, double>(reader.Take(count, sizeof(double)));
        var taken = destination[..Math.Min(count, destination.Length)];
        numbers[..taken.Length].CopyTo(taken);
        if (reader.Swaps)
            ByteOrder.Reverse(taken);
        return count;
    }

    private CdrReader Locate(ReadOnlySpan<byte> payload)
    {
        var reader = new CdrReader(payload);
        var prefix = reader.HasDelimiters ? _version2 : _version1;
        if (prefix.End >= 0)
            reader.Position = prefix.End;
        else if (!LayoutWalk.TrySkip(ref reader, prefix.Steps, _wideStrings))
            throw reader.Error();
        return reader;
    }

    private static FieldLayout[] Find(MessageLayout layout, string path)
    {
        var fields = new List<FieldLayout>();
        var current = layout;
        foreach (var name in path.Split('.'))
        {
            var index = current?.Type.FindField(name) ?? -1;
            if (index < 0)
                throw new RosMessageException(RosMessageError.FieldUnsuitable, $"{layout.Type.Name} has no field {path} outside of arrays.");
            fields.Add(current!.Fields[index]);
            current = fields[^1].IsArray ? null : fields[^1].Nested;
        }

        return [.. fields];
    }

    /// <summary>How many <c>float64</c> a field is made of; 0 if that depends on the payload, -1 if there is anything else in it.</summary>
    private static int CountFloat64(FieldLayout field)
    {
        if (field.Kind == FieldKind.Float64)
            return field.Array switch { ArrayKind.None => 1, ArrayKind.Fixed => field.ArraySize, _ => 0 };
        if (field.Nested is null || field.IsArray)
            return -1;
        var counts = Array.ConvertAll(field.Nested.Fields, CountFloat64);
        return Array.Exists(counts, count => count <= 0) ? -1 : counts.Sum();
    }

    private RosMessageException Unsuitable(string wanted) =>
        new(RosMessageError.FieldUnsuitable, $"{_path} is a {_field.Kind}{(_field.IsArray ? " array" : "")} and cannot be read as {wanted}.");

    private sealed record Prefix(LayoutStep[] Steps)
    {
        /// <summary>Where the field begins but for its own alignment, or -1 if that depends on the payload.</summary>
        public int End { get; } = LayoutWalk.FixedEnd(Steps);
    }
}
