using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.OpenApi;

/// <summary>Remembers which type each schema of the document was made of.</summary>
internal sealed class SchemaTypes : IOpenApiSchemaTransformer
{
    private readonly ConcurrentDictionary<string, JsonTypeInfo> _types = new(StringComparer.Ordinal);

    public JsonTypeInfo? Find(string name) => _types.GetValueOrDefault(name);

    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (OpenApiOptions.CreateDefaultSchemaReferenceId(context.JsonTypeInfo) is { } name) _types[name] = context.JsonTypeInfo;
        return Task.CompletedTask;
    }
}

/// <summary>What our JSON does that the framework's schemas do not know: a null is absent, numbers are numbers, some words only.</summary>
internal static class SchemaRules
{
    /// <summary>Where the framework notes a schema's name.</summary>
    private const string SchemaId = "x-schema-id";

    /// <summary>Corrects the schema of a type.</summary>
    public static void Apply(IOpenApiSchema schema, JsonTypeInfo? type)
    {
        Tidy(schema);
        if (type is null || schema is not OpenApiSchema { Properties: { } properties } own) return;
        own.Required ??= new HashSet<string>();
        foreach (var property in type.Properties)
        {
            if (!properties.TryGetValue(property.Name, out var described)) continue;
            var (mayBeNull, isRequired) = PresenceOf(property, typeof(IRequestBody).IsAssignableFrom(type.Type));
            properties[property.Name] = WithNull(described, mayBeNull);
            if (isRequired) own.Required.Add(property.Name);
            else own.Required.Remove(property.Name);
            NameWords(properties[property.Name], property);
            if (property.CustomConverter is ITrueOrObject && properties[property.Name] is OpenApiSchema { OneOf: { } choices }) choices.Add(new OpenApiSchema { Type = JsonSchemaType.Boolean });
        }

        if (own.Required.Count == 0) own.Required = null;
    }

    /// <summary>Numbers are numbers and times are texts, all the way down.</summary>
    public static void Tidy(IOpenApiSchema? schema)
    {
        if (schema is not OpenApiSchema own) return;
        const JsonSchemaType numbers = JsonSchemaType.Integer | JsonSchemaType.Number;
        if ((own.Type & numbers) != 0)
        {
            own.Type &= ~JsonSchemaType.String;
            own.Pattern = null;
        }

        if (own.Format == "date-time") own.Type = JsonSchemaType.String | ((own.Type ?? 0) & JsonSchemaType.Null);
        if (own is { Format: "int64", Maximum: not null } && own.Maximum.Length > 16) own.Maximum = null;
        foreach (var property in own.Properties?.Values ?? []) Tidy(property);
        foreach (var choice in own.OneOf ?? []) Tidy(choice);
        Tidy(own.Items);
        Tidy(own.AdditionalProperties);
    }

    /// <summary>Puts a schema that stands inside another, and what is inside it, among the document's components.</summary>
    public static IOpenApiSchema Extract(IOpenApiSchema schema, OpenApiDocument document)
    {
        if (schema is not OpenApiSchema own) return schema;
        foreach (var name in own.Properties?.Keys.ToArray() ?? []) own.Properties![name] = Extract(own.Properties[name], document);
        for (var index = 0; index < (own.OneOf?.Count ?? 0); index++) own.OneOf![index] = Extract(own.OneOf[index], document);
        if (own.Items is { } items) own.Items = Extract(items, document);
        if (Named(own) is not { Length: > 0 } id) return own;
        if (!document.Components!.Schemas!.ContainsKey(id)) document.AddComponent<IOpenApiSchema>(id, own);
        return new OpenApiSchemaReference(id, document);
    }

    private static string? Named(OpenApiSchema schema) =>
        schema.Metadata is { } notes && notes.TryGetValue(SchemaId, out var id) ? id as string : null;

    private static (bool MayBeNull, bool IsRequired) PresenceOf(JsonPropertyInfo property, bool isRequest)
    {
        if (isRequest)
        {
            var isRequired = Has<RequiredAttribute>(property) is not null;
            return (!isRequired, isRequired);
        }

        if (Has<JsonIgnoreAttribute>(property) is { Condition: JsonIgnoreCondition.Never }) return (IsNullable(property), true);
        return (false, !IsNullable(property));
    }

    /// <summary>An envelope's data is always there; that its type is anybody's says nothing.</summary>
    private static bool IsNullable(JsonPropertyInfo property) =>
        !property.DeclaringType.IsAssignableTo(typeof(IEnvelope)) && MayBeNull(property);

    private static bool MayBeNull(JsonPropertyInfo property) =>
        Nullable.GetUnderlyingType(property.PropertyType) is not null || (!property.PropertyType.IsValueType && property.IsGetNullable);

    /// <summary>A reference that may be null is a choice of two; one that may not is the reference itself.</summary>
    private static IOpenApiSchema WithNull(IOpenApiSchema schema, bool mayBeNull)
    {
        if (schema is not OpenApiSchema own) return schema;
        if (own.OneOf is [OpenApiSchema { Type: JsonSchemaType.Null }, var other]) return mayBeNull ? own : other;
        if (own.Type is { } type) own.Type = mayBeNull ? type | JsonSchemaType.Null : type & ~JsonSchemaType.Null;
        return own;
    }

    private static void NameWords(IOpenApiSchema schema, JsonPropertyInfo property)
    {
        if (schema is not OpenApiSchema own || Has<AllowedValuesAttribute>(property) is not { } allowed) return;
        own.Enum = [.. allowed.Values.OfType<string>().Select(word => (JsonNode)JsonValue.Create(word))];
        own.MinLength = own.MaxLength = null;
    }

    private static T? Has<T>(JsonPropertyInfo property) where T : Attribute =>
        property.AttributeProvider?.GetCustomAttributes(typeof(T), inherit: true).OfType<T>().FirstOrDefault();
}
