using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Simulations;
using SimulationManager.Api.Templates;

namespace SimulationManager.Api.OpenApi;

/// <summary>What an operation's handler reads and answers beyond its typed parameters: query, forms, who may call, examples.</summary>
internal sealed class OperationDetails : IOpenApiOperationTransformer
{
    private const string Json = "application/json";

    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.Security = ApiDocument.SecurityOf(operation.OperationId, metadata.OfType<IAllowAnonymous>().Any(), context.Document!);
        foreach (var name in metadata.OfType<QueryParameters>().SelectMany(parameters => parameters.Names)) AddQuery(operation, name);
        if (metadata.OfType<TemplateFormBody>().FirstOrDefault() is { } form) operation.RequestBody = FormOf(form);
        if (operation.OperationId is { } id) await CompleteAsync(id, operation, context, cancellationToken);
    }

    private static async Task CompleteAsync(string id, OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (ApiExamples.RequestOf(id) is { } request && operation.RequestBody?.Content?[Json] is { } body) body.Example = request;
        if (ApiExamples.AnswerOf(id) is { } answer) SuccessOf(operation)!.Content![Json].Example = answer;
        switch (id)
        {
            case "GetSimulation":
                // One address, two views: the framework keeps only the last type of a status.
                SuccessOf(operation)!.Content![Json].Schema = new OpenApiSchema
                {
                    OneOf =
                    [
                        await context.GetOrCreateSchemaAsync(typeof(Envelope<SimulationDetail>), null, cancellationToken),
                        await context.GetOrCreateSchemaAsync(typeof(Envelope<Dashboard.SimulationDashboard>), null, cancellationToken),
                    ],
                };
                break;
            case "StreamEvents":
                operation.Parameters ??= [];
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = "Last-Event-ID", In = ParameterLocation.Header, Description = "The last id that the client has: events after it come first.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
                });
                break;
        }
    }

    private static OpenApiResponse? SuccessOf(OpenApiOperation operation) =>
        operation.Responses?.FirstOrDefault(response => response.Key[0] == '2').Value as OpenApiResponse;

    private static void AddQuery(OpenApiOperation operation, string name)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Schema = QuerySchemaOf(name), Description = QueryTextOf(name) });
    }

    private static OpenApiSchema QuerySchemaOf(string name) => name switch
    {
        "page" => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1", Default = 1 },
        "size" => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1", Maximum = $"{PageRequest.MaxSize}", Default = PageRequest.DefaultSize },
        "simulationId" => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "1" },
        "start_date" or "end_date" => new OpenApiSchema { Type = JsonSchemaType.String, Format = "date" },
        "pattern_type" => Words(PatternWords.ByWord.Keys),
        "status" => Words(PatternWords.StatusByWord.Keys.Union(PatternWords.RunStatusByWord.Keys)),
        "view" => Words(Dashboard.SimulationViewWords.ByWord.Keys),
        _ => new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private static string? QueryTextOf(string name) => name switch
    {
        "page" => "From 1; a page past the end is empty.",
        "pattern_type" => "Also `patternType`.",
        "start_date" => "First day, included (UTC). Also `startDate`.",
        "end_date" => "Last day, included (UTC). Also `endDate`.",
        "simulationId" => "Only of this simulation.",
        "view" => "`detail` when left out.",
        _ => null,
    };

    private static OpenApiSchema Words(IEnumerable<string> words) =>
        new() { Type = JsonSchemaType.String, Enum = [.. words.Select(word => (JsonNode)JsonValue.Create(word))] };

    private static OpenApiRequestBody FormOf(TemplateFormBody form) => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["multipart/form-data"] = new()
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = form.IsComplete ? new HashSet<string> { "name", "type", "description", "db_file" } : null,
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["name"] = Text("Unique among templates."),
                        ["type"] = Text("What kind of robot it is."),
                        ["description"] = Text(null),
                        ["topics"] = Text("Comma-separated, or `topics[]` with an entry each; left out: all topics of the bag."),
                        ["metadata_file"] = File("`metadata.yaml`; left out: made from the bag."),
                        ["db_file"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = File(null), Description = "`.db3` or `.db3.zstd`; several for a split bag." },
                    },
                },
            },
        },
    };

    private static OpenApiSchema Text(string? description) => new() { Type = JsonSchemaType.String, Description = description };

    private static OpenApiSchema File(string? description) => new() { Type = JsonSchemaType.String, Format = "binary", Description = description };
}
