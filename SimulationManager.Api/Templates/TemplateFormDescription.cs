using Microsoft.OpenApi;

namespace SimulationManager.Api.Templates;

/// <summary>The multipart form of a template, which its endpoints read themselves, for the OpenAPI document.</summary>
internal static class TemplateFormDescription
{
    /// <summary>Says that an endpoint reads the form.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="isComplete">Whether all fields must be there.</param>
    public static RouteHandlerBuilder ReadsTemplateForm(this RouteHandlerBuilder endpoint, bool isComplete) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.RequestBody = FormOf(isComplete);
            return Task.CompletedTask;
        });

    private static OpenApiRequestBody FormOf(bool isComplete) => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["multipart/form-data"] = new()
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = isComplete ? new HashSet<string> { "name", "type", "description", "db_file" } : null,
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["name"] = Text("Unique among templates."),
                        ["type"] = Text("What kind of robot it is."),
                        ["description"] = Text(null),
                        ["topics"] = Text("Comma-separated, or `topics[]` with an entry each; left out: all topics of the bag."),
                        ["metadata_file"] = File("`metadata.yaml`; left out: made from the bag."),
                        ["db_file"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = File(null), Description = "`.db3` or `.mcap`, or compressed `.db3.zstd` or `.mcap.zstd`; several for a split bag. A recorder that was killed leaves messages in `.db3-wal`: send it, too." },
                    },
                },
            },
        },
    };

    private static OpenApiSchema Text(string? description) => new() { Type = JsonSchemaType.String, Description = description };

    private static OpenApiSchema File(string? description) => new() { Type = JsonSchemaType.String, Format = "binary", Description = description };
}
