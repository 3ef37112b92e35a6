namespace SimulationManager.RosMessages;

/// <summary>Values of fields that a message does not name: the definition's default, else zero or empty.</summary>
internal static class Defaults
{
    public static object Of(FieldLayout field)
    {
        if (field.Default is Array array)
            return array.Clone();
        if (field.Default is { } value)
            return value;
        if (field.IsArray)
            return ArrayOf(field);
        return field.Kind switch
        {
            FieldKind.String or FieldKind.WString => "",
            FieldKind.Message => MessageOf(field.Nested!),
            _ => Activator.CreateInstance(Values.TypeOf(field.Kind))!,
        };
    }

    /// <summary>A message all of whose fields have their default.</summary>
    public static RosMessage MessageOf(MessageLayout layout) => new(layout.Type, Array.ConvertAll(layout.Fields, field => (object?)Of(field)));

    private static Array ArrayOf(FieldLayout field)
    {
        var array = Values.NewArray(field.Kind, field.Array == ArrayKind.Fixed ? field.ArraySize : 0);
        if (field.PrimitiveSize > 0)
            return array;
        for (var i = 0; i < array.Length; i++)
            array.SetValue(field.Kind == FieldKind.Message ? MessageOf(field.Nested!) : "", i);
        return array;
    }
}
