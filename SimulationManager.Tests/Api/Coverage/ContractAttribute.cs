namespace SimulationManager.Tests.Api.Coverage;

/// <summary>Names the rows of the REST contract (<c>contract-rows.tsv</c>) that a test proves from outside.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
internal sealed class ContractAttribute(params string[] rows) : Attribute
{
    public IReadOnlyList<string> Rows { get; } = rows;
}
