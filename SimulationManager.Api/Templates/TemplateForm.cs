namespace SimulationManager.Api.Templates;

/// <summary>What a multipart request said, its files on local disk.</summary>
public sealed record TemplateForm
{
    public string? Name { get; init; }
    public string? Type { get; init; }
    public string? Description { get; init; }

    /// <summary>Topic names; null when the field was not sent.</summary>
    public IReadOnlyList<string>? Topics { get; init; }

    public SpooledFile? Metadata { get; init; }
    public IReadOnlyList<SpooledFile> Bags { get; init; } = [];

    public bool HasFiles => Metadata is not null || Bags.Count > 0;

    /// <summary>Topics as they are sent: one text, commas between them, blanks around the commas mean nothing.</summary>
    public static IReadOnlyList<string>? TopicsOf(string? text) =>
        text is null ? null : [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()];

    public bool IsEmpty => !HasFiles && Name is null && Type is null && Description is null && Topics is null;
}

/// <summary>A file that was sent, on local disk under its own name.</summary>
/// <param name="FileName">A plain name, never a path.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Size">Bytes.</param>
public sealed record SpooledFile(string FileName, string Path, long Size);
