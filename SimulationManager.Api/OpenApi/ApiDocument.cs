using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace SimulationManager.Api.OpenApi;

/// <summary>The OpenAPI document: made of the endpoints, completed with what their types cannot say.</summary>
internal static class ApiDocument
{
    public const string Name = "v1";
    public const string BearerScheme = "bearer";

    public static void AddApiDocument(this IServiceCollection services) => services.AddOpenApi(Name, options =>
    {
        var types = new SchemaTypes();
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddSchemaTransformer(types);
        options.AddOperationTransformer<OperationDetails>();
        options.AddDocumentTransformer((document, _, _) =>
        {
            Introduce(document);
            foreach (var content in Operations(document).SelectMany(ContentsOf).Where(content => content.Schema is OpenApiSchema { OneOf: not null }))
                content.Schema = SchemaRules.Extract(content.Schema!, document);
            foreach (var (name, schema) in document.Components!.Schemas!) SchemaRules.Apply(schema, types.Find(name));
            foreach (var operation in Operations(document)) Tidy(operation);
            return Task.CompletedTask;
        });
    });

    /// <summary>The document and its reference page.</summary>
    public static void MapApiDocument(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi().AllowAnonymous();
        // The page speaks to this API and to nobody else.
        app.MapScalarApiReference("/docs", options => options
            .WithTitle("SimulationManager API")
            .DisableDefaultFonts()
            .DisableAgent()
            .DisableMcp()
            .DisableTelemetry()
            .HideDeveloperTools()
            .HideClientButton()
            .AddPreferredSecuritySchemes(BearerScheme)).AllowAnonymous();
    }

    private static IEnumerable<OpenApiOperation> Operations(OpenApiDocument document) =>
        document.Paths.Values.SelectMany(path => path.Operations ?? []).Select(operation => operation.Value);

    private static IEnumerable<OpenApiMediaType> ContentsOf(OpenApiOperation operation) => operation.Responses is null
        ? []
        : operation.Responses.Values.Where(response => response.Content is not null).SelectMany(response => response.Content!.Values);

    private static void Introduce(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "SimulationManager",
            Version = Name,
            Description =
                "Runs thousands of virtual robots that replay recorded rosbag2 behaviour.\n\n"
                + "Sign in (`POST /api/auth/signin`), then send the access token as `Authorization: Bearer …`. An expired token answers **403**: "
                + "`POST /api/auth/refresh` (cookie) gives a new one. Every answer but 204 and files is an envelope "
                + "`{statusCode, status, data, message}`; errors add `errors: [{field, message}]` and `traceId`. Messages are English, or Korean "
                + "when `Accept-Language` prefers `ko`.",
        };
        // None: the address that the document was read from.
        document.Servers = [];
        document.AddComponent<IOpenApiSecurityScheme>(BearerScheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT", Description = "The access token that sign-in answers.",
        });
    }

    /// <summary>What an operation needs of a caller, unless its endpoint says otherwise.</summary>
    public static IList<OpenApiSecurityRequirement> SecurityOf(bool isOpen, OpenApiDocument document) =>
        isOpen ? [] : [new() { [new OpenApiSecuritySchemeReference(BearerScheme, document)] = [] }];

    /// <summary>Answers by status, parameters without the framework's guesses.</summary>
    private static void Tidy(OpenApiOperation operation)
    {
        foreach (var parameter in operation.Parameters ?? []) SchemaRules.Tidy(parameter.Schema);
        if (operation.Responses is null) return;
        var responses = operation.Responses.OrderBy(response => response.Key, StringComparer.Ordinal).ToList();
        operation.Responses.Clear();
        foreach (var (status, response) in responses) operation.Responses.Add(status, response);
    }
}
